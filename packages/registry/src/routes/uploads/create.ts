// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { type UploadsResponse, uploadsRequestSchema, uploadsResponseSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { assertAllowed, authenticate, hiddenBlobs } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";

const MAX_BODY_BYTES = 64 * 1024;

export const createUploadsRoute = createRoute({
  method: "post",
  path: "/api/v1/uploads",
  summary: "Ask which blobs of a release are missing, and where to PUT each",
  description:
    "A URL is relative to the registry (send the token) or absolute (send no token). Needs a token that may publish.",
  security: bearer,
  request: { body: jsonRequest(uploadsRequestSchema) },
  responses: { 200: jsonAnswer("What is missing", uploadsResponseSchema), default: failure },
});

export function createUploads({ db, blobs, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "publish-new", "publish-update");
    const request = await readJson(c, uploadsRequestSchema, MAX_BODY_BYTES, limits);
    const tooLarge = request.blobs.find((blob) => blob.sizeBytes > limits.maxBlobBytes);
    if (tooLarge !== undefined) {
      throw new LoraError("PAYLOAD_TOO_LARGE", `a file may have ${limits.maxBlobBytes} bytes at most`, {
        details: { ...tooLarge, maxBytes: limits.maxBlobBytes },
      });
    }

    const digests = request.blobs.map(({ sha256 }) => sha256);
    const hidden = await hiddenBlobs(db, caller, digests);
    const missing: UploadsResponse["missing"] = [];
    for (const blob of request.blobs) {
      if (hidden.has(blob.sha256) ? await blobs.isStaged(blob) : await blobs.has(blob)) continue;
      const direct = await blobs.presignUpload(blob);
      missing.push({
        sha256: blob.sha256,
        ...(direct ?? { url: `/api/v1/uploads/sha256/${blob.sha256}`, headers: {} }),
      });
    }
    return c.json({ missing }, 200);
  };
}
