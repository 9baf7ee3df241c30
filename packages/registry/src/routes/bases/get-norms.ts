// SPDX-License-Identifier: Apache-2.0
import { isFingerprint } from "@lora/client/fingerprint";
import { eq } from "drizzle-orm";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf, IMMUTABLE } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";

/** `/bases/<fingerprint>/norms.safetensors` */
export function getNorms({ db }: Deps) {
  const { baseNorms } = tables;
  return async (c: RequestContext) => {
    const fingerprint = c.req.param("fingerprint") ?? "";
    if (!isFingerprint(fingerprint)) throw notFound("a base is named by lfp1: and 64 hex digits");
    const [row] = await db
      .select({ content: baseNorms.content })
      .from(baseNorms)
      .where(eq(baseNorms.fingerprint, fingerprint));
    if (row === undefined) throw notFound(`this registry has no norms of the base ${fingerprint}`);
    const body = Uint8Array.from(row.content);
    // Whatever file they came in: the fingerprint settles what they are.
    return answerDocument(c, {
      body,
      etag: etagOf(body),
      cacheControl: IMMUTABLE,
      type: "application/octet-stream",
    });
  };
}
