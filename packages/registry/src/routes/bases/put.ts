// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { LoraError } from "@lora/client/errors";
import { assertBaseRecord, baseRecordSchema, isFingerprint, parseBaseRecord } from "@lora/client/fingerprint";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import { storeBase } from "../../bases/store.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
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
    const caller = await authenticate(db, c);
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
