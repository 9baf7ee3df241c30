// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import { readHead } from "../../log/index.ts";

/** So long a cache may show the log without what came last. */
const CACHE_CONTROL = "public, max-age=5";

/** `/log/checkpoint`: what the log is now, signed. */
export function getCheckpoint({ db }: Deps) {
  return async (c: RequestContext) => {
    const note = (await readHead(db))?.note;
    if (note === undefined) throw notFound("the log has no checkpoint yet");
    return answerDocument(c, {
      body: note,
      etag: etagOf(note),
      cacheControl: CACHE_CONTROL,
      type: "text/plain; charset=utf-8",
    });
  };
}
