// SPDX-License-Identifier: Apache-2.0
/** Runs before anything is painted: a visitor who chose dark is not to see a flash of light. */
type Theme = "light" | "dark";

/** Storage may be forbidden; then the system's choice holds. */
function chosenTheme(): Theme | undefined {
  try {
    const value = localStorage.getItem("theme");
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}

const theme = chosenTheme();
if (theme !== undefined) document.documentElement.dataset.theme = theme;

export {};
