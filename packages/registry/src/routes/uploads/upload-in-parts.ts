// SPDX-License-Identifier: Apache-2.0
/** What the routes of an upload in parts begin with. */
import { isSha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import type { z } from "zod";
import { assertAllowed, authenticate, type Caller } from "../../auth/index.ts";
import type { BlobClaim, PartUploads } from "../../blobs/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { readJson } from "../../http/request-body.ts";
import { assertBlobSize } from "./assert-blob-size.ts";
import { uploadOwner } from "./upload-owner.ts";

const MAX_BODY_BYTES = 8 * 1024;

/** @throws LoraError UNAUTHENTICATED, FORBIDDEN, USAGE, PAYLOAD_TOO_LARGE */
export async function readPartRequest<Body extends { sizeBytes: number }>(
  { db, blobs, limits }: Deps,
  c: RequestContext,
  schema: z.ZodType<Body>,
): Promise<{ parts: PartUploads; claim: BlobClaim; caller: Caller; owner: string; body: Body }> {
  const caller = await authenticate(db, c);
  assertAllowed(caller, "publish-new", "publish-update");
  const { sha256 = "" } = c.req.param();
  if (!isSha256(sha256)) {
    throw new LoraError("USAGE", "an upload is named by the 64 lower-case hex digits of its sha256");
  }
  const body = await readJson(c, schema, MAX_BODY_BYTES, limits);
  const claim = { sha256, sizeBytes: body.sizeBytes };
  assertBlobSize(claim, limits);
  if (blobs.parts === undefined) {
    throw new LoraError("USAGE", "this registry takes no uploads in parts", {
      hint: "POST /api/v1/uploads says where to put the blob",
    });
  }
  return { parts: blobs.parts, claim, caller, owner: uploadOwner(caller), body };
}
