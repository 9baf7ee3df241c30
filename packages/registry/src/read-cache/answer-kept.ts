// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import { documentHeaders, matchesEtag } from "../http/document.ts";
import type { ReadCache } from "./read-cache.ts";

export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/**
 * Stands before everything else: what is kept needs no routing, no id, no line in the log and no database.
 * @param onSent told of every document that was sent whole, by path
 */
export function answerKept(
  cache: ReadCache,
  fetch: Fetch,
  onSent: (path: string, incoming: IncomingMessage) => void,
): Fetch {
  return (request, env) => {
    const { method, url = "", headers } = env.incoming;
    const document = method === "GET" ? cache.document(url) : undefined;
    if (document === undefined) return fetch(request, env);
    if (matchesEtag(headers["if-none-match"], document.etag)) {
      return new Response(null, { status: 304, headers: documentHeaders(document, 304) });
    }
    onSent(url, env.incoming as IncomingMessage);
    return new Response(document.body, { status: 200, headers: documentHeaders(document, 200) });
  };
}
