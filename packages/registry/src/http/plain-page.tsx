// SPDX-License-Identifier: Apache-2.0
/** A page that needs nothing but itself: no script, no request, and one style whose hash the policy names. */
import { createHash } from "node:crypto";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { RequestContext } from "./context.ts";

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}
code,pre{font-family:ui-monospace,monospace}
label{display:block;margin:1rem 0}
input{display:block;font:inherit;width:100%;max-width:24rem;padding:.4rem .6rem;box-sizing:border-box}
button{font:inherit;padding:.4rem 1.2rem;margin:.5rem .8rem .5rem 0}
.code{font-size:1.6rem;letter-spacing:.15em}
.method{display:inline-block;min-width:4.5rem;font-weight:600}
details{border-top:1px solid;padding:.4rem 0}
summary{cursor:pointer;overflow-wrap:anywhere}
pre{overflow-x:auto;font-size:.85rem}`;

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

export function answerPage(
  c: RequestContext,
  title: string,
  content: Child,
  status: ContentfulStatusCode = 200,
): Response | Promise<Response> {
  c.header("content-security-policy", POLICY);
  c.header("cache-control", "no-store");
  c.header("referrer-policy", "no-referrer");
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <style>{raw(STYLE)}</style>
      </head>
      <body>
        <h1>{title}</h1>
        {content}
      </body>
    </html>
  );
  return c.html(`<!DOCTYPE html>${page}`, status);
}
