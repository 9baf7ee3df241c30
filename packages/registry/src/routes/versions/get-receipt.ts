// SPDX-License-Identifier: Apache-2.0
import { eq } from "drizzle-orm";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf } from "../../http/document.ts";
import { findVersion } from "./find-version.ts";

/** `/versions/@scope/name/1.2.0/receipt`: the proof that the log has the release, as the publisher got it. */
export function getReceipt({ db, cache }: Deps) {
  const { logEntries } = tables;
  return async (c: RequestContext) => {
    const reading = cache.beginReading();
    const { path, logIndex, isPrivate, cacheControl } = await findVersion(db, c);
    const [row] = await db
      .select({ receipt: logEntries.receipt })
      .from(logEntries)
      .where(eq(logEntries.index, logIndex));
    if (row === undefined) throw new Error(`the log has no entry ${logIndex}`);
    const type = "text/plain; charset=utf-8";
    const document = { body: row.receipt, etag: etagOf(row.receipt), cacheControl, type };
    if (!isPrivate) cache.keepDocument(reading, `${path}/receipt`, document);
    return answerDocument(c, document);
  };
}
