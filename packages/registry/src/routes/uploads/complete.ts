// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { completeUploadRequestSchema } from "@lora/client/documents";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest, sha256Param } from "../../http/openapi.ts";
import { readPartRequest } from "./upload-in-parts.ts";

const answerSchema = z.object({ sha256: z.string() });

export const completeUploadRoute = createRoute({
  method: "post",
  path: "/api/v1/uploads/sha256/{sha256}/complete",
  summary: "Put the parts of a big blob together",
  description:
    "The registry reads all of it before it answers, some seconds for a gigabyte. Where the bytes have another sha256, 422 " +
    "`DIGEST_MISMATCH`, nothing of them is kept. Repeating it is harmless.",
  security: bearer,
  request: { params: z.object({ sha256: sha256Param }), body: jsonRequest(completeUploadRequestSchema) },
  responses: { 201: jsonAnswer("The bytes are stored and have this sha256", answerSchema), default: failure },
});

export function completeUpload(deps: Deps) {
  return async (c: RequestContext) => {
    const { parts, claim, owner, body } = await readPartRequest(deps, c, completeUploadRequestSchema);
    await parts.complete(claim, owner, body.uploadId);
    return c.json({ sha256: claim.sha256 }, 201);
  };
}
