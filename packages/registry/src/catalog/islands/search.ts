// SPDX-License-Identifier: Apache-2.0
/**
 * Search as one types: asks for the same page that the form would lead to, and takes its results. The address follows, so
 * that it can be shared at any moment.
 */
const PAUSE_MS = 120;

const form = document.querySelector<HTMLFormElement>("[data-search]");
const input = form?.querySelector<HTMLInputElement>("input[name=q]");
let timer: number | undefined;
let running: AbortController | undefined;

function addressOf(from: HTMLFormElement): string {
  const values = [...new FormData(from)].filter(
    ([, value]) => typeof value === "string" && value.trim() !== "",
  );
  const query = new URLSearchParams(values as [string, string][]).toString();
  return query === "" ? from.action : `${from.action}?${query}`;
}

async function update(from: HTMLFormElement): Promise<void> {
  running?.abort();
  running = new AbortController();
  const address = addressOf(from);
  const results = document.querySelector("[data-results]");
  results?.classList.add("is-loading");
  try {
    const answer = await fetch(address, { signal: running.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-results]");
    // Words without a letter or digit have no results: what is there stays.
    if (results !== null && fresh !== null) {
      takeResults(results, fresh);
      history.replaceState(null, "", address);
      document.title = page.title;
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
  }
  document.querySelector("[data-results]")?.classList.remove("is-loading");
}

/** The count stays the element that it was: a new one would not be read out. */
function takeResults(results: Element, fresh: Element): void {
  const isOpen = results.querySelector<HTMLDetailsElement>("[data-filters]")?.open ?? false;
  const [count, newCount] = [results, fresh].map((of) => of.querySelector("[role=status]"));
  if (count == null || newCount == null) {
    results.replaceChildren(...fresh.childNodes);
  } else {
    count.replaceChildren(...newCount.childNodes);
    replaceAround(count, newCount, results);
  }
  const filters = results.querySelector<HTMLDetailsElement>("[data-filters]");
  if (filters !== null) filters.open = isOpen;
}

/** Replaces everything beside `kept`, and beside what it is in, up to `root`, by what is beside `model`. */
function replaceAround(kept: Element, model: Element, root: Element): void {
  const { parentElement } = kept;
  if (kept === root || parentElement === null || model.parentElement === null) return;
  const siblings = [...model.parentElement.childNodes];
  const at = siblings.indexOf(model);
  const rest = model.parentElement;
  for (const node of [...parentElement.childNodes]) if (node !== kept) node.remove();
  kept.before(...siblings.slice(0, at));
  kept.after(...siblings.slice(at + 1));
  replaceAround(parentElement, rest, root);
}

if (form != null && input != null) {
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => update(form), PAUSE_MS);
  });
  // The cursor at the end, where one goes on typing.
  if (matchMedia("(hover: hover)").matches) {
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }
}
