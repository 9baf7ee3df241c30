// SPDX-License-Identifier: Apache-2.0
import type { ReleaseFile } from "@lora/client/signing";
import { type Caller, hiddenBlobs } from "../auth/index.ts";
import { missingError } from "../blobs/errors.ts";
import type { BlobStore } from "../blobs/index.ts";
import type { Queryable } from "../database/index.ts";

/**
 * Who publishes a file that is stored for others only, in private packages, must have uploaded it: naming its digest in a
 * release of one's own would otherwise be a way to read it.
 * @throws LoraError UPLOAD_MISSING
 */
export async function assertUploaded(
  db: Queryable,
  blobs: BlobStore,
  caller: Caller,
  files: readonly ReleaseFile[],
): Promise<void> {
  const hidden = await hiddenBlobs(
    db,
    caller,
    files.map(({ sha256 }) => sha256),
  );
  for (const file of files) {
    if (hidden.has(file.sha256) && !(await blobs.isStaged(file))) throw missingError(file);
  }
}
