// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { type UploadsResponse, uploadsRequestSchema, uploadsResponseSchema } from "@lora/client/documents";
import { scopeOf } from "@lora/client/names";
import { assertAllowed, assertMay, authenticate, hiddenBlobs } from "../../auth/index.ts";
import type { BlobClaim } from "../../blobs/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";
import { assertWithinQuota, type HandedOut, type UploadBudget } from "../../limits/index.ts";
import { assertBlobSize } from "./assert-blob-size.ts";
import { uploadOwner } from "./upload-owner.ts";

const MAX_BODY_BYTES = 64 * 1024;

export const createUploadsRoute = createRoute({
  method: "post",
  path: "/api/v1/uploads",
  summary: "Ask which blobs of a release are missing, and where to PUT each",
  description:
    "A URL is relative to the registry (send the token) or absolute (send no token). A blob with `parts` may be brought in " +
    "parts: those in `present` are there already. With `package`, its scope's quota holds from here on. 403 `QUOTA_EXCEEDED` also " +
    "when the account would bring more than it may within a day. Needs a token that may publish.",
  security: bearer,
  request: { body: jsonRequest(uploadsRequestSchema) },
  responses: { 200: jsonAnswer("What is missing", uploadsResponseSchema), default: failure },
});

export function createUploads({ db, blobs, limits }: Deps, budget: UploadBudget) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "publish-new", "publish-update");
    const request = await readJson(c, uploadsRequestSchema, MAX_BODY_BYTES, limits);
    for (const blob of request.blobs) assertBlobSize(blob, limits);
    if (request.package !== undefined)
      await assertMay(db, caller, request.package, "publish-new", "publish-update");

    const digests = request.blobs.map(({ sha256 }) => sha256);
    const hidden = await hiddenBlobs(db, caller, digests);
    const lacking: BlobClaim[] = [];
    for (const blob of request.blobs) {
      const isThere = hidden.has(blob.sha256) ? await blobs.isStaged(blob) : await blobs.has(blob);
      if (!isThere) lacking.push(blob);
    }
    if (request.package !== undefined && lacking.length > 0)
      await assertWithinQuota(db, scopeOf(request.package), request.blobs, limits.scopeQuota);

    const missing: UploadsResponse["missing"] = [];
    const handedOut: HandedOut[] = [];
    for (const blob of lacking) {
      const { sha256 } = blob;
      const parts = await blobs.parts?.begin(blob, uploadOwner(caller));
      const whole = parts === undefined ? await blobs.presignUpload(blob) : undefined;
      if (whole !== undefined) handedOut.push(blob);
      else if (parts !== undefined && parts.present.length * parts.partBytes < blob.sizeBytes)
        handedOut.push({ ...blob, uploadId: parts.uploadId });
      missing.push({
        sha256,
        ...(whole ?? { url: `/api/v1/uploads/sha256/${sha256}`, headers: {} }),
        ...(parts === undefined ? {} : { parts }),
      });
    }
    await budget.handOut(caller, handedOut);
    return c.json({ missing }, 200);
  };
}
