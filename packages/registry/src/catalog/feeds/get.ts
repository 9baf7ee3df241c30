// SPDX-License-Identifier: Apache-2.0
/** `/feeds/all.atom`, `/feeds/@scope.atom`, `/feeds/@scope/name.atom`: releases, newest first (RFC 4287). */
import { isPackageName, isScopeName } from "@lora/client/names";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { type ReleaseItem, readReleases } from "../data/releases.ts";
import { homePath, packagePath, scopePath } from "../paths.ts";
import { escapeXml } from "./escape-xml.ts";

const ENTRIES = 50;
const ENDING = ".atom";

export function getFeed({ db, site }: CatalogDeps): PageRoute {
  return async (c) => {
    const subject = subjectOf(c);
    const releases = await readReleases(db, subject, ENTRIES);
    if (releases.length === 0 && subject !== "all") throw notFound(`nothing was released by ${subject}`);
    const body = formatFeed(site.origin, subject, releases);
    return answerDocument(c, {
      body,
      etag: etagOf(body),
      cacheControl: "public, max-age=60",
      type: "application/atom+xml; charset=utf-8",
    });
  };
}

/** @throws LoraError NOT_FOUND */
function subjectOf(c: RequestContext): string {
  const { scope, file = "" } = c.req.param() as { scope?: string; file?: string };
  const path = scope === undefined ? file : `${scope}/${file}`;
  const subject = path.endsWith(ENDING) ? path.slice(0, -ENDING.length) : "";
  if (subject === "all" || isScopeName(subject) || isPackageName(subject)) return subject;
  throw notFound("there is no such feed");
}

export function formatFeed(origin: string, subject: string, releases: readonly ReleaseItem[]): string {
  const page =
    subject === "all" ? homePath : subject.includes("/") ? packagePath(subject) : scopePath(subject);
  const title = subject === "all" ? "New releases" : `Releases of ${subject}`;
  const self = `${origin}/feeds/${subject}${ENDING}`;
  const entries = releases.map(({ name, version, description, publishedAt }) => {
    const url = `${origin}${packagePath(name, version)}`;
    return [
      "  <entry>",
      `    <id>${escapeXml(url)}</id>`,
      `    <title>${escapeXml(`${name} ${version}`)}</title>`,
      `    <link href="${escapeXml(url)}"/>`,
      `    <updated>${publishedAt.toISOString()}</updated>`,
      `    <author><name>${escapeXml(name.slice(0, name.indexOf("/")))}</name></author>`,
      `    <summary>${escapeXml(description ?? "")}</summary>`,
      "  </entry>",
    ].join("\n");
  });
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `  <id>${escapeXml(self)}</id>`,
    `  <title>${escapeXml(title)}</title>`,
    `  <link rel="self" href="${escapeXml(self)}"/>`,
    `  <link href="${escapeXml(`${origin}${page}`)}"/>`,
    `  <updated>${(releases[0]?.publishedAt ?? new Date(0)).toISOString()}</updated>`,
    ...entries,
    "</feed>",
    "",
  ].join("\n");
}
