// SPDX-License-Identifier: Apache-2.0
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../http/context.ts";
import { answerDocument } from "../http/document.ts";
import type { ReadCache } from "./read-cache.ts";

/** Stands before everything else: what is kept needs no id, no line in the log and no database. */
export function answerKept(cache: ReadCache): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const document = cache.document(c.req.path);
    if (document === undefined) return next();
    return answerDocument(c, document);
  };
}
