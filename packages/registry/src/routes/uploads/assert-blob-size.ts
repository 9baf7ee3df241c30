// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { BlobClaim } from "../../blobs/index.ts";
import type { Limits } from "../../deps.ts";

/** @throws LoraError PAYLOAD_TOO_LARGE */
export function assertBlobSize({ sha256, sizeBytes }: BlobClaim, { maxBlobBytes }: Limits): void {
  if (sizeBytes <= maxBlobBytes) return;
  throw new LoraError("PAYLOAD_TOO_LARGE", `a file may have ${maxBlobBytes} bytes at most`, {
    details: { sha256, sizeBytes, maxBytes: maxBlobBytes },
  });
}
