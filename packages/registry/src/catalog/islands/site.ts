// SPDX-License-Identifier: Apache-2.0
/** On every page: the switch between dark and light, and the buttons that copy. */
import { showCopyButtons } from "./copy.ts";

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}

const themeSwitch = document.querySelector<HTMLButtonElement>("[data-theme-switch]");
if (themeSwitch !== null) {
  const sayState = () => themeSwitch.setAttribute("aria-pressed", String(isDark()));
  themeSwitch.setAttribute("aria-label", "Dark");
  themeSwitch.classList.remove("is-waiting");
  sayState();
  themeSwitch.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // It holds for this page then.
    }
    sayState();
  });
}

showCopyButtons(document);
