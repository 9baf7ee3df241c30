// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { LoraError } from "@lora/client/errors";
import {
  assertBaseRecord,
  type BaseRecord,
  baseRecordSchema,
  isFingerprint,
  parseBaseRecord,
} from "@lora/client/fingerprint";
import { eq } from "drizzle-orm";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import { mergeBaseRecords } from "../../bases/merge.ts";
import { type Database, tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { etagOf } from "../../http/document.ts";
import { bearer, failure, fingerprintParam, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { readJsonText } from "../../http/request-body.ts";

/** A record of a base with 65,536 tensors, the most that one may have, takes about 6 MB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

const answerSchema = z.object({ fingerprint: z.string() });

export const putBaseRoute = createRoute({
  method: "put",
  path: "/api/v1/bases/{fingerprint}",
  summary: "Tell the registry of a base: its shapes, never its weights",
  description:
    "Names and builds are added to what is known; nothing else of a known base changes. Needs a token that may publish.",
  security: bearer,
  request: { params: z.object({ fingerprint: fingerprintParam }), body: jsonRequest(baseRecordSchema) },
  responses: {
    200: jsonAnswer("The base was known", answerSchema),
    201: jsonAnswer("The base is new", answerSchema),
    default: failure,
  },
});

export function putBase({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c.req.header("authorization"));
    assertAllowed(caller, "publish-new", "publish-update");
    const fingerprint = c.req.param("fingerprint") ?? "";
    if (!isFingerprint(fingerprint)) {
      throw new LoraError("USAGE", "a base is named by lfp1: and 64 hex digits");
    }
    const record = parseBaseRecord(await readJsonText(c, MAX_BODY_BYTES, limits), "the base record");
    if (record.fingerprint !== fingerprint) {
      throw new LoraError(
        "BASE_RECORD_INVALID",
        "the base record is that of another base than the path names",
        {
          details: { path: fingerprint, record: record.fingerprint },
        },
      );
    }
    assertBaseRecord(record);

    const isNew = await storeBase(db, record);
    if (isNew) c.get("log").info({ fingerprint, names: record.names, token: caller.name }, "base made known");
    return c.json({ fingerprint }, isNew ? 201 : 200);
  };
}

/** Returns whether the base is new. Of two that come at once, the second adds to the first. */
async function storeBase(db: Database, record: BaseRecord): Promise<boolean> {
  const { bases } = tables;
  const { fingerprint } = record;
  const rowOf = (text: string) => ({ recordText: text, recordEtag: etagOf(text) });
  return db.transaction(async (tx) => {
    const made = await tx
      .insert(bases)
      .values({ fingerprint, ...rowOf(JSON.stringify(record)) })
      .onConflictDoNothing()
      .returning({ fingerprint: bases.fingerprint });
    if (made.length > 0) return true;
    const [row] = await tx
      .select({ text: bases.recordText })
      .from(bases)
      .where(eq(bases.fingerprint, fingerprint))
      .for("update");
    const known = parseBaseRecord(row?.text ?? "", `the record of ${fingerprint}`);
    const text = JSON.stringify(mergeBaseRecords(known, record));
    if (text !== row?.text) await tx.update(bases).set(rowOf(text)).where(eq(bases.fingerprint, fingerprint));
    return false;
  });
}
