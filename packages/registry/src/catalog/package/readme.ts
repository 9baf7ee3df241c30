// SPDX-License-Identifier: Apache-2.0
/**
 * A README, which a stranger wrote, as HTML that does nothing: raw HTML is shown as the text that it is, and what is left
 * goes through a list of allowed tags. Pictures become their descriptions, since they would tell a third party who reads.
 * The page's policy would stop what got past both.
 */
import type { BlobStore } from "../../blobs/index.ts";
import { keepLast, readBlobText } from "../data/blob-text.ts";
import type { PackageFile } from "../data/package.ts";
import { markBlocks, ownAnchor } from "./readme-blocks.ts";

const READMES_KEPT = 100;
/** Of Markdown. A longer one is cut: nobody reads on, and a page has to come quickly. */
const MAX_README_LENGTH = 128 * 1024;
const CUT = "<p><em>The README goes on in its file.</em></p>";

const TAGS =
  "h2 h3 h4 h5 h6 p a span ul ol li blockquote pre code em strong s del hr br table thead tbody tr th td".split(
    " ",
  );

const keepReadme = keepLast<string | undefined>(READMES_KEPT);

/** @returns undefined for a file that cannot be shown as text */
export async function readReadme(blobs: BlobStore, file: PackageFile): Promise<string | undefined> {
  return keepReadme(file.sha256, async () => {
    const text = await readBlobText(blobs, file);
    return text === undefined ? undefined : renderMarkdown(text);
  });
}

/** Loaded with the first README: a registry that nobody browses needs neither. */
let renderer: Promise<(text: string) => string> | undefined;

export async function renderMarkdown(text: string): Promise<string> {
  renderer ??= loadRenderer();
  return (await renderer)(text);
}

/** What has a scheme, or something before one that a browser would not mind. */
const WITH_SCHEME = /^[^/?#]*:|^[\\/]{2}/;
const FOLLOWED = /^(?:https?:\/\/|mailto:)/i;

async function loadRenderer(): Promise<(text: string) => string> {
  const [{ default: MarkdownIt }, { default: sanitize }] = await Promise.all([
    import("markdown-it"),
    import("sanitize-html"),
  ]);
  const markdown = new MarkdownIt({ html: false, linkify: false, maxNesting: 20 });
  // A link that is none is left as text by the parser, so only these ever become one.
  markdown.validateLink = (url: string) => FOLLOWED.test(url.trim()) || !WITH_SCHEME.test(url.trim());
  markdown.core.ruler.push("mark_blocks", ({ tokens }) => markBlocks(tokens));
  markdown.renderer.rules.image = (tokens, i) => {
    const description = tokens[i]?.content ?? "";
    return description === "" ? "" : `<em>${markdown.utils.escapeHtml(description)}</em>`;
  };
  const render = (source: string) =>
    sanitize(markdown.render(source), {
      allowedTags: TAGS,
      // What may be wider than its place scrolls, with the keyboard too.
      allowedAttributes: {
        a: ["href", "rel"],
        pre: ["tabindex"],
        table: ["tabindex", "dir"],
        ...Object.fromEntries(["h2", "h3", "h4", "h5", "h6"].map((tag) => [tag, ["id", "dir"]])),
        ...Object.fromEntries(["p", "ul", "ol", "blockquote"].map((tag) => [tag, ["dir"]])),
      },
      allowedSchemes: ["http", "https", "mailto"],
      allowProtocolRelative: false,
      disallowedTagsMode: "escape",
      nestingLimit: 40,
      transformTags: {
        // The page's own title is its only h1.
        h1: "h2",
        h2: "h3",
        h3: "h4",
        h4: "h5",
        h5: "h6",
        pre: (tagName) => ({ tagName, attribs: { tabindex: "0" } }),
        table: (tagName, { dir = "auto" }) => ({ tagName, attribs: { tabindex: "0", dir } }),
        a: (tagName, { href = "" }) => {
          if (FOLLOWED.test(href)) {
            return { tagName, attribs: { href, rel: "nofollow ugc noopener noreferrer" } };
          }
          if (href.startsWith("#")) return { tagName, attribs: { href: ownAnchor(href) } };
          // To a file beside the README, where the author wrote it: here it would lead elsewhere.
          return { tagName: "span", attribs: {} };
        },
      },
    });
  return (source) =>
    source.length <= MAX_README_LENGTH ? render(source) : render(source.slice(0, MAX_README_LENGTH)) + CUT;
}
