// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { isSha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, sha256Param } from "../../http/openapi.ts";
import { readBody } from "../../http/request-body.ts";
import type { UploadBudget } from "../../limits/index.ts";

const answerSchema = z.object({ sha256: z.string() });

export const putUploadRoute = createRoute({
  method: "put",
  path: "/api/v1/uploads/sha256/{sha256}",
  summary: "Upload a blob",
  description:
    "The body is the file, without any encoding. Repeating it is harmless. What no release refers to is removed after a day. " +
    "403 `QUOTA_EXCEEDED` when the account has brought as much as it may within a day.",
  security: bearer,
  request: {
    params: z.object({ sha256: sha256Param }),
    body: {
      required: true,
      content: { "application/octet-stream": { schema: { type: "string", format: "binary" } as object } },
    },
  },
  responses: { 201: jsonAnswer("The bytes are stored and have this sha256", answerSchema), default: failure },
});

export function putUpload({ db, blobs, limits }: Deps, budget: UploadBudget) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "publish-new", "publish-update");
    const { sha256 = "" } = c.req.param();
    if (!isSha256(sha256)) {
      throw new LoraError("USAGE", "an upload is named by the 64 lower-case hex digits of its sha256");
    }
    if (c.req.header("content-encoding") !== undefined) {
      throw new LoraError("USAGE", "a blob is uploaded as it is, without a content-encoding");
    }
    const announced = c.req.header("content-length");
    const body = readBody(c.req.raw, { maxBytes: limits.maxBlobBytes, stallMs: limits.stallMs });
    await blobs.stage(
      sha256,
      budget.count(caller, body, announced === undefined ? undefined : Number(announced)),
    );
    return c.json({ sha256 }, 201);
  };
}
