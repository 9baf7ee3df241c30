// SPDX-License-Identifier: Apache-2.0
import { isFingerprint } from "@lora/client/fingerprint";
import { eq } from "drizzle-orm";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, SHORT_LIVED } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import { stemOfJson } from "../../http/json-file.ts";

/** `/bases/<fingerprint>.json` */
export function getBase({ db }: Deps) {
  const { bases } = tables;
  return async (c: RequestContext) => {
    const fingerprint = stemOfJson(c.req.param("file") ?? "");
    if (!isFingerprint(fingerprint)) throw notFound("a base is named by lfp1: and 64 hex digits");
    const [row] = await db
      .select({ body: bases.recordText, etag: bases.recordEtag })
      .from(bases)
      .where(eq(bases.fingerprint, fingerprint));
    if (row === undefined) throw notFound(`nobody has told this registry of the base ${fingerprint}`);
    return answerDocument(c, { ...row, cacheControl: SHORT_LIVED });
  };
}
