// SPDX-License-Identifier: Apache-2.0
/** How a page goes out: under a policy that lets nothing of a stranger's run, and nothing be fetched from elsewhere. */

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { RequestContext } from "../http/context.ts";

const compress = promisify(gzip);

export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Long enough for a visitor's way back, short enough that a publish is seen. */
const CACHE_CONTROL = "public, max-age=10";
/** Below it, compressing costs more than it spares. */
const MIN_COMPRESSED_LENGTH = 1400;

export interface PageAnswer {
  status?: number;
  /** `private, no-store` for what only one visitor may see. */
  cacheControl?: string;
}

export async function answerPage(
  c: RequestContext,
  page: Child,
  { status = 200, cacheControl = CACHE_CONTROL }: PageAnswer = {},
): Promise<Response> {
  const headers = {
    "content-type": "text/html; charset=UTF-8",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": cacheControl,
    "referrer-policy": "same-origin",
    // Whoever is signed in may see more.
    vary: "cookie",
  };
  return answerText(c, `<!DOCTYPE html>${await page}`, headers, status);
}

/** Text of any kind, compressed where the client takes that. */
export async function answerText(
  c: RequestContext,
  text: string,
  headers: Record<string, string>,
  status = 200,
): Promise<Response> {
  const vary = { ...headers, vary: ["accept-encoding", headers.vary].filter(Boolean).join(", ") };
  const isSmall = text.length < MIN_COMPRESSED_LENGTH;
  if (isSmall || !/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) {
    return c.body(text, status as ContentfulStatusCode, vary);
  }
  const bytes = new Uint8Array(await compress(text, { level: 4 }));
  return c.body(bytes, status as ContentfulStatusCode, { ...vary, "content-encoding": "gzip" });
}
