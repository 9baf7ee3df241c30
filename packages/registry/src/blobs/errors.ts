// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import type { BlobClaim } from "./blob-store.ts";

export function memoChangedError(cause?: unknown): LoraError {
  return new LoraError("SERVICE_UNAVAILABLE", "another process has just written what the log remembers", {
    cause,
  });
}

export function missingError({ sha256, sizeBytes }: BlobClaim): LoraError {
  return new LoraError("UPLOAD_MISSING", `the blob ${sha256} was not uploaded`, {
    hint: "POST /api/v1/uploads says where to put it",
    details: { sha256, sizeBytes },
  });
}

export function sizeError({ sha256, sizeBytes }: BlobClaim, found: number): LoraError {
  return new LoraError("SIZE_MISMATCH", `the blob ${sha256} has ${found} bytes, not ${sizeBytes}`, {
    details: { sha256, sizeBytes, found },
  });
}

/** Of an upload in parts. */
export function partsMissingError({ sha256, sizeBytes }: BlobClaim, missing: number): LoraError {
  return new LoraError("UPLOAD_MISSING", `${missing} parts of the blob ${sha256} were not uploaded`, {
    hint: "POST /api/v1/uploads says which are there",
    details: { sha256, sizeBytes, missing },
  });
}

export function digestError(sha256: Sha256, found: string, hint?: string): LoraError {
  return new LoraError("DIGEST_MISMATCH", `what was uploaded as ${sha256} has another sha256`, {
    ...(hint === undefined ? {} : { hint }),
    details: { sha256, found },
  });
}

export function corruptError(sha256: Sha256, cause: unknown): LoraError {
  return new LoraError("STORE_CORRUPT", `the registry's own copy of the blob ${sha256} is damaged or gone`, {
    details: { sha256 },
    cause,
  });
}
