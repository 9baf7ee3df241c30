// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { LoraError } from "@lora/client/errors";
import {
  isFingerprint,
  MAX_NORMS_FILE_BYTES,
  parseBaseRecord,
  readNormsFile,
} from "@lora/client/fingerprint";
import { eq } from "drizzle-orm";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";
import { bearer, failure, fingerprintParam, jsonAnswer } from "../../http/openapi.ts";
import { readBody } from "../../http/request-body.ts";

const answerSchema = z.object({ fingerprint: z.string() });

export const putNormsRoute = createRoute({
  method: "put",
  path: "/api/v1/bases/{fingerprint}/norms",
  summary: "Give a known base its norms, evidence by which it can be compared",
  description:
    "The body is a safetensors file of the base's norms in F32 under llama.cpp's names. They are checked against the fingerprint, " +
    "so they can come from anybody who may publish. Repeating it is harmless.",
  security: bearer,
  request: {
    params: z.object({ fingerprint: fingerprintParam }),
    body: {
      required: true,
      content: { "application/octet-stream": { schema: { type: "string", format: "binary" } as object } },
    },
  },
  responses: {
    200: jsonAnswer("The norms were known", answerSchema),
    201: jsonAnswer("The norms are stored", answerSchema),
    default: failure,
  },
});

export function putNorms({ db, limits }: Deps) {
  const { bases, baseNorms } = tables;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "publish-new", "publish-update");
    const fingerprint = c.req.param("fingerprint") ?? "";
    if (!isFingerprint(fingerprint)) {
      throw new LoraError("USAGE", "a base is named by lfp1: and 64 hex digits");
    }
    const [row] = await db
      .select({ text: bases.recordText })
      .from(bases)
      .where(eq(bases.fingerprint, fingerprint));
    if (row === undefined) throw notFound(`nobody has told this registry of the base ${fingerprint}`);
    const chunks: Uint8Array[] = [];
    const body = readBody(c.req.raw, { maxBytes: MAX_NORMS_FILE_BYTES, stallMs: limits.stallMs });
    for await (const chunk of body) chunks.push(chunk);
    const content = Uint8Array.from(Buffer.concat(chunks));
    await readNormsFile(content, parseBaseRecord(row.text, `the record of ${fingerprint}`));
    const made = await db
      .insert(baseNorms)
      .values({ fingerprint, content })
      .onConflictDoNothing()
      .returning({ fingerprint: baseNorms.fingerprint });
    return c.json({ fingerprint }, made.length > 0 ? 201 : 200);
  };
}
