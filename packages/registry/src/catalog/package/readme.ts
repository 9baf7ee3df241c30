// SPDX-License-Identifier: Apache-2.0
/**
 * A README, which a stranger wrote, as HTML that does nothing: raw HTML is shown as the text that it is, and what is left
 * goes through a list of allowed tags. Pictures become their descriptions, since they would tell a third party who reads.
 * The page's policy would stop what got past both.
 */
import type { BlobStore } from "../../blobs/index.ts";
import { keepLast, readBlobText } from "../data/blob-text.ts";
import type { PackageFile } from "../data/package.ts";

const READMES_KEPT = 100;
/** Of Markdown. A longer one is cut: nobody reads on, and a page has to come quickly. */
const MAX_README_LENGTH = 128 * 1024;

const TAGS =
  "h2 h3 h4 h5 h6 p a ul ol li blockquote pre code em strong s del hr br table thead tbody tr th td".split(
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

async function loadRenderer(): Promise<(text: string) => string> {
  const [{ default: MarkdownIt }, { default: sanitize }] = await Promise.all([
    import("markdown-it"),
    import("sanitize-html"),
  ]);
  const markdown = new MarkdownIt({ html: false, linkify: false, maxNesting: 20 });
  // A link that is none is left as text by the parser, so only these ever become one.
  markdown.validateLink = (url: string) => /^(?:https?:\/\/|mailto:|#)/i.test(url.trim());
  markdown.renderer.rules.image = (tokens, i) => {
    const description = tokens[i]?.content ?? "";
    return description === "" ? "" : `<em>${markdown.utils.escapeHtml(description)}</em>`;
  };
  return (source) =>
    sanitize(markdown.render(source.slice(0, MAX_README_LENGTH)), {
      allowedTags: TAGS,
      // What may be wider than its place scrolls, with the keyboard too.
      allowedAttributes: { a: ["href", "rel"], pre: ["tabindex"], table: ["tabindex"] },
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
        table: (tagName) => ({ tagName, attribs: { tabindex: "0" } }),
        a: (tagName, { href = "" }) => ({
          tagName,
          attribs: { href, rel: "nofollow ugc noopener noreferrer" },
        }),
      },
    });
}
