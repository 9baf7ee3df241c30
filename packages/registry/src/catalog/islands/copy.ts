// SPDX-License-Identifier: Apache-2.0
const SHOWN_MS = 2000;

/** Said to who does not see the button change; there before the first text, or nobody is told of it. */
let status: HTMLElement | undefined;

export function showCopyButtons(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    status ??= addStatus();
    button.classList.remove("is-waiting");
    button.addEventListener("click", () => copy(button));
  }
}

function addStatus(): HTMLElement {
  const made = document.createElement("p");
  made.className = "visually-hidden";
  made.setAttribute("role", "status");
  document.body.append(made);
  return made;
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const label = button.querySelector("[data-copy-label]");
  const isCopied = await writeText(button.dataset.copy ?? "");
  const said = isCopied ? "Copied" : "Select it";
  if (!isCopied) selectBeside(button);
  if (label !== null) label.textContent = said;
  if (status !== undefined) status.textContent = said;
  button.classList.toggle("is-copied", isCopied);
  setTimeout(() => {
    if (label !== null) label.textContent = "Copy";
    if (status !== undefined) status.textContent = "";
    button.classList.remove("is-copied");
  }, SHOWN_MS);
}

/** So that the keys for copying do the rest. */
function selectBeside(button: HTMLButtonElement): void {
  const text = button.parentElement?.querySelector("[data-copy-text]");
  if (text != null) getSelection()?.selectAllChildren(text);
}

/** On a page without https there is no clipboard but the old one. */
async function writeText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return isCopied;
  }
}
