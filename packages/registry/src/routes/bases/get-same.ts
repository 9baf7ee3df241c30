// SPDX-License-Identifier: Apache-2.0
import { isFingerprint } from "@lora/client/fingerprint";
import { eq } from "drizzle-orm";
import { readSameBases } from "../../bases/same.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf, SHORT_LIVED } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";

/** `/bases/<fingerprint>/same.json`, of any base that is known: mostly an empty list. */
export function getSame({ db }: Deps) {
  const { bases } = tables;
  return async (c: RequestContext) => {
    const fingerprint = c.req.param("fingerprint") ?? "";
    if (!isFingerprint(fingerprint)) throw notFound("a base is named by lfp1: and 64 hex digits");
    const [known] = await db
      .select({ fingerprint: bases.fingerprint })
      .from(bases)
      .where(eq(bases.fingerprint, fingerprint));
    if (known === undefined) throw notFound(`nobody has told this registry of the base ${fingerprint}`);
    const body = JSON.stringify({ v: 1, fingerprint, same: await readSameBases(db, fingerprint) });
    return answerDocument(c, { body, etag: etagOf(body), cacheControl: SHORT_LIVED });
  };
}
