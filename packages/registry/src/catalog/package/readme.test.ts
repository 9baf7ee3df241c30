// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./readme.ts";

describe("a README", () => {
  it.each([
    [
      "# Use it\n\n## Use it",
      '<h2 dir="auto" id="readme-use-it">Use it</h2>\n<h3 dir="auto" id="readme-use-it-1">Use it</h3>\n',
    ],
    [
      "# What's new, in `1.0`?",
      '<h2 dir="auto" id="readme-whats-new-in-10">What\'s new, in <code>1.0</code>?</h2>\n',
    ],
    ["## 使い方", '<h3 dir="auto" id="readme-使い方">使い方</h3>\n'],
    ["# ---", '<h2 dir="auto" id="readme----">---</h2>\n'],
    ["# !", '<h2 dir="auto">!</h2>\n'],
  ])("gives headings addresses of their own: %s", async (text, html) => {
    expect(await renderMarkdown(text)).toBe(html);
  });

  it.each([
    ["[x](#Use-it)", '<a href="#readme-use-it">x</a>'],
    [
      "[x](https://example.org)",
      '<a href="https://example.org" rel="nofollow ugc noopener noreferrer">x</a>',
    ],
    ["[x](docs/use.md)", "<span>x</span>"],
    ["[x](../LICENSE)", "<span>x</span>"],
    ["[x](/account/sign-out)", "<span>x</span>"],
    ["[x](//evil.test)", "[x](//evil.test)"],
    ["[x](javascript:trick)", "[x](javascript:trick)"],
    ["[x](%6aavascript:trick)", "[x](%6aavascript:trick)"],
  ])("follows a link only to where it leads for a reader here: %s", async (text, html) => {
    expect(await renderMarkdown(text)).toBe(`<p dir="auto">${html}</p>\n`);
  });

  it("is written in the direction of its language, block by block", async () => {
    const html = await renderMarkdown("שלום\n\nhello\n\n- אחת\n\n> שתיים");
    expect(html.match(/<(?:p|ul|blockquote) dir="auto">/g)).toEqual([
      '<p dir="auto">',
      '<p dir="auto">',
      '<ul dir="auto">',
      '<blockquote dir="auto">',
    ]);
  });

  it("says where it goes on once it is cut", async () => {
    const words = "word ".repeat(40_000);
    expect(await renderMarkdown(words)).toMatch(/<\/p>\n<p><em>The README goes on in its file.<\/em><\/p>$/);
    expect(await renderMarkdown("word")).toBe('<p dir="auto">word</p>\n');
  });
});
