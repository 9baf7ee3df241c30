// SPDX-License-Identifier: Apache-2.0
/** Small documents as a static file server would send them: an ETag, a 304 where it is known, and how long to keep it. */
import { createHash } from "node:crypto";
import type { RequestContext } from "./context.ts";

/** Never changes: the path names the content, or a version, which is immutable. */
export const IMMUTABLE = "public, max-age=31536000, immutable";
/** Changes with a publish; a cache asks again soon, and mostly gets a 304. */
export const SHORT_LIVED = "public, max-age=10";

export interface Document {
  body: string | Uint8Array<ArrayBuffer>;
  /** With its quotes. */
  etag: string;
  cacheControl: string;
  type?: string;
}

/** A strong ETag of 128 bits of the content's sha256. */
export function etagOf(body: string | Uint8Array): string {
  return `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`;
}

export function answerDocument(c: RequestContext, document: Document): Response {
  return matchesEtag(c.req.header("if-none-match"), document.etag)
    ? c.body(null, 304, documentHeaders(document, 304))
    : c.body(document.body, 200, documentHeaders(document, 200));
}

export function documentHeaders(document: Omit<Document, "body">, status: 200 | 304): Record<string, string> {
  const headers = {
    etag: document.etag,
    "cache-control": document.cacheControl,
    "x-content-type-options": "nosniff",
  };
  return status === 304 ? headers : { ...headers, "content-type": document.type ?? "application/json" };
}

/** RFC 9110 §13.1.2: a list, compared weakly, or `*`. */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag) return true;
  return ifNoneMatch
    .split(",")
    .map((candidate) => candidate.trim().replace(/^W\//, ""))
    .some((candidate) => candidate === etag || candidate === "*");
}
