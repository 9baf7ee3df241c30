// SPDX-License-Identifier: Apache-2.0
/** `/badges/@scope/name.svg`: a package's name and latest version as a small picture for a README elsewhere. */
import { isPackageName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import { answerDocument, etagOf } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { latestOf, readIndex } from "../data/package.ts";
import { escapeXml } from "../feeds/escape-xml.ts";

const ENDING = ".svg";
const HEIGHT = 20;
const PADDING = 7;
/** Of a character at 11 pixels, on the average; `textLength` makes up for the rest. */
const CHARACTER_WIDTH = 6.4;

export function getBadge({ db }: CatalogDeps): PageRoute {
  return async (c) => {
    const { scope = "", file = "" } = c.req.param() as { scope?: string; file?: string };
    const name = file.endsWith(ENDING) ? `${scope}/${file.slice(0, -ENDING.length)}` : "";
    if (!isPackageName(name)) throw notFound("there is no such badge");
    const { index } = await readIndex(db, name);
    const version = latestOf(index, Object.keys(index.versions) as Version[]);
    const body = formatBadge(name, version ?? "yanked");
    return answerDocument(c, {
      body,
      etag: etagOf(body),
      cacheControl: "public, max-age=300",
      type: "image/svg+xml; charset=utf-8",
    });
  };
}

export function formatBadge(name: string, version: string): string {
  const [left, right] = [name, version].map((text) => Math.round(text.length * CHARACTER_WIDTH)) as [
    number,
    number,
  ];
  const [leftWidth, rightWidth] = [left + 2 * PADDING, right + 2 * PADDING];
  const width = leftWidth + rightWidth;
  const text = (x: number, length: number, content: string) =>
    `<text x="${x}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeXml(content)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${escapeXml(`${name} ${version}`)}">`,
    `<title>${escapeXml(`${name} ${version}`)}</title>`,
    `<clipPath id="r"><rect width="${width}" height="${HEIGHT}" rx="4"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${leftWidth}" height="${HEIGHT}" fill="#2a3431"/>`,
    `<rect x="${leftWidth}" width="${rightWidth}" height="${HEIGHT}" fill="#0b6b5a"/></g>`,
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">`,
    `${text(PADDING, left, name)}${text(leftWidth + PADDING, right, version)}</g></svg>`,
    "",
  ].join("\n");
}
