// SPDX-License-Identifier: Apache-2.0
import type { SearchResponse } from "@lora/client/documents";
import type { BaseFingerprint } from "@lora/client/fingerprint";
import { showCopyButtons } from "./copy.ts";
import { element } from "./element.ts";

const LIMIT = 50;

/** The abilities that fit, each ready to install. */
export async function showAbilities(base: BaseFingerprint): Promise<HTMLElement> {
  const query = new URLSearchParams({ base: base.fingerprint, limit: String(LIMIT) });
  const answer = await fetch(`/api/v1/search?${query}`).catch(() => undefined);
  if (answer === undefined || !answer.ok) {
    return element(
      "p",
      { class: "notice notice-warn" },
      "The registry did not say what fits. Try again in a moment.",
    );
  }
  const { packages, total } = (await answer.json()) as SearchResponse;
  // A bundle passes every filter by base: whether its parts fit is seen when it is installed.
  const fitting = packages.filter(({ isBundle }) => !isBundle);
  if (fitting.length === 0) return nothingFits(base);
  const list = element(
    "section",
    { class: "found-list", "aria-label": "Abilities that fit" },
    element("h2", {}, `${fitting.length}${total > packages.length ? "+" : ""} abilities fit`),
    element(
      "ol",
      { class: "package-list" },
      ...fitting.map((found) => {
        const ranks = found.bases
          .filter(({ fingerprint }) => fingerprint === base.fingerprint)
          .map(({ rank }) => rank)
          .join(", ");
        return element(
          "li",
          { class: "package-row" },
          element(
            "h3",
            {},
            element("a", { href: `/${found.name}` }, label(found.name)),
            element("span", { class: "version" }, found.version),
            element("span", { class: "faint" }, `rank ${ranks}`),
          ),
          element("p", { class: "package-text" }, found.description ?? ""),
          command(`lora install ${found.name}`),
        );
      }),
    ),
  );
  if (total > packages.length) {
    list.append(element("p", {}, element("a", { href: `/models/${base.fingerprint}` }, "All that fit")));
  }
  showCopyButtons(list);
  return list;
}

function nothingFits(base: BaseFingerprint): HTMLElement {
  return element(
    "div",
    { class: "empty found-list" },
    element("h2", {}, "Nothing fits yet"),
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
}

/** As lists of the server have it. */
function label(name: string): HTMLElement {
  const slash = name.indexOf("/") + 1;
  return element(
    "span",
    { class: "package-label" },
    element("span", { class: "package-scope" }, name.slice(0, slash)),
    element("b", {}, name.slice(slash)),
  );
}

function command(text: string): HTMLElement {
  const button = element(
    "button",
    { type: "button", class: "copy is-waiting", "data-copy": text, "aria-label": "Copy the command" },
    element("span", { "data-copy-label": "", "aria-live": "polite" }, "Copy"),
  );
  return element("div", { class: "command" }, element("code", {}, text), button);
}
