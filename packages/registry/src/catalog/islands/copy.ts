// SPDX-License-Identifier: Apache-2.0
const SHOWN_MS = 2000;

export function showCopyButtons(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    button.classList.remove("is-waiting");
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const label = button.querySelector("[data-copy-label]");
  const isCopied = await writeText(button.dataset.copy ?? "");
  if (label !== null) label.textContent = isCopied ? "Copied" : "Select it";
  button.classList.toggle("is-copied", isCopied);
  setTimeout(() => {
    if (label !== null) label.textContent = "Copy";
    button.classList.remove("is-copied");
  }, SHOWN_MS);
}

/** On a page without https there is no clipboard but the old one. */
async function writeText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}
