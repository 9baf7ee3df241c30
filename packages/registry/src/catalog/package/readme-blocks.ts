// SPDX-License-Identifier: Apache-2.0
/** What the blocks of a README are given before they become HTML: a direction of writing, and headings an address. */

/** Of markdown-it, as far as it is needed here. */
export interface BlockToken {
  type: string;
  level: number;
  content: string;
  attrSet(name: string, value: string): void;
}

/** Before every id, so that a README's headings never are elements of the page. */
const PREFIX = "readme-";

/** Whole blocks go by their first letter: a list's marks stand on the side where its text begins. */
const WITH_DIRECTION = /^(?:paragraph|heading|bullet_list|ordered_list|blockquote|table)_open$/;

export function markBlocks(tokens: readonly BlockToken[]): void {
  const seen = new Map<string, number>();
  for (const [i, token] of tokens.entries()) {
    if (token.level === 0 && WITH_DIRECTION.test(token.type)) token.attrSet("dir", "auto");
    if (token.type !== "heading_open") continue;
    const slug = slugOf(tokens[i + 1]?.content ?? "");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    if (slug !== "") token.attrSet("id", `${PREFIX}${slug}${times === 0 ? "" : `-${times}`}`);
  }
}

/** `#Installation`, as authors write it for the places where READMEs are read, to the heading of this page. */
export function ownAnchor(href: string): string {
  return `#${PREFIX}${href.slice(1).toLowerCase()}`;
}

/** `What's new?` → `whats-new` */
function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}
