// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { partsRequestSchema, partsResponseSchema } from "@lora/client/documents";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest, sha256Param } from "../../http/openapi.ts";
import type { UploadBudget } from "../../limits/index.ts";
import { readPartRequest } from "./upload-in-parts.ts";

export const presignPartsRoute = createRoute({
  method: "post",
  path: "/api/v1/uploads/sha256/{sha256}/parts",
  summary: "Ask where to PUT parts of a big blob",
  description:
    "For an `uploadId` that `POST /api/v1/uploads` gave to this account. Send each part to its URL without the token, with a " +
    "`Content-Length` of `partBytes`, or what is left for the last. A URL holds for 15 minutes: ask again for another.",
  security: bearer,
  request: { params: z.object({ sha256: sha256Param }), body: jsonRequest(partsRequestSchema) },
  responses: { 200: jsonAnswer("A URL for each part", partsResponseSchema), default: failure },
});

export function presignParts(deps: Deps, budget: UploadBudget) {
  return async (c: RequestContext) => {
    const { parts, claim, caller, owner, body } = await readPartRequest(deps, c, partsRequestSchema);
    const presigned = await parts.presign(claim, owner, body.uploadId, body.numbers);
    // Known already, unless the client now says another size than it began with.
    await budget.handOut(caller, [{ ...claim, uploadId: body.uploadId }]);
    return c.json({ parts: presigned }, 200);
  };
}
