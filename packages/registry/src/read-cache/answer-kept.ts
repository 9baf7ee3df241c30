// SPDX-License-Identifier: Apache-2.0
import type { HttpBindings } from "@hono/node-server";
import { documentHeaders, matchesEtag } from "../http/document.ts";
import type { ReadCache } from "./read-cache.ts";

export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/** Stands before everything else: what is kept needs no routing, no id, no line in the log and no database. */
export function answerKept(cache: ReadCache, fetch: Fetch): Fetch {
  return (request, env) => {
    const { method, url = "", headers } = env.incoming;
    const document = method === "GET" ? cache.document(url) : undefined;
    if (document === undefined) return fetch(request, env);
    return matchesEtag(headers["if-none-match"], document.etag)
      ? new Response(null, { status: 304, headers: documentHeaders(document, 304) })
      : new Response(document.body, { status: 200, headers: documentHeaders(document, 200) });
  };
}
