// SPDX-License-Identifier: Apache-2.0
import type { BaseFingerprint } from "@lora/client/fingerprint";
import { showCopyButtons } from "./copy.ts";
import { element } from "./element.ts";

/** What is shown, and the sentence that says it. */
export interface Found {
  shown: HTMLElement;
  said: string;
}

/**
 * The abilities that fit, each ready to install: the list of the model's own page, since a search by base finds every bundle
 * too, whose parts may fit nothing.
 */
export async function findAbilities(base: BaseFingerprint): Promise<Found> {
  const path = `/models/${base.fingerprint}`;
  const answer = await fetch(path).catch(() => undefined);
  if (answer?.status === 404) return nothingFits(base);
  if (answer === undefined || !answer.ok) {
    const said = "The registry did not say what fits. Try again in a moment.";
    return { shown: element("p", { class: "notice notice-warn found-list" }, said), said };
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = page.querySelector("main .package-list");
  const total = Number(page.querySelector<HTMLElement>("[data-total]")?.dataset.total ?? 0);
  if (list === null || total === 0) return nothingFits(base);
  for (const row of list.querySelectorAll(".package-row")) {
    const name = row.querySelector("h3 a")?.getAttribute("href")?.slice(1) ?? "";
    row.append(command(`lora install ${name}`));
  }
  const said = total === 1 ? "1 ability fits" : `${total} abilities fit`;
  const shown = element(
    "section",
    { class: "found-list", "aria-label": "Abilities that fit" },
    element("h2", {}, said),
    document.adoptNode(list),
  );
  if (list.children.length < total) {
    shown.append(element("p", {}, element("a", { href: path }, "All that fit")));
  }
  showCopyButtons(shown);
  return { shown, said };
}

function nothingFits(base: BaseFingerprint): Found {
  const said = "Nothing fits yet";
  const shown = element(
    "div",
    { class: "empty found-list" },
    element("h2", {}, said),
    element(
      "p",
      {},
      "No ability was published for exactly these weights. Abilities for another version of the model would load and spoil its text.",
    ),
    element(
      "p",
      {},
      element(
        "a",
        { href: `/search?architecture=${encodeURIComponent(base.architecture)}` },
        `Abilities for other ${base.architecture} models`,
      ),
    ),
  );
  return { shown, said };
}

function command(text: string): HTMLElement {
  const button = element(
    "button",
    { type: "button", class: "copy is-waiting", "data-copy": text, "aria-label": `Copy: ${text}` },
    element("span", { "data-copy-label": "" }, "Copy"),
  );
  return element("div", { class: "command" }, element("code", { "data-copy-text": "" }, text), button);
}
