// SPDX-License-Identifier: Apache-2.0
import type { FileName } from "@lora/client/names";
import type { ReleaseFile } from "@lora/client/signing";
import type { BlobStore, VerifiedBlob } from "../blobs/index.ts";

/** The files of a release, by name. Dispose of it: each holds a file or an object open. */
export type OpenFiles = ReadonlyMap<FileName, VerifiedBlob>;

/**
 * Hashes every file of a release as it lies in the blob store.
 * @throws LoraError as `BlobStore.verify`; nothing is held open then
 */
export async function openFiles(blobs: BlobStore, files: readonly ReleaseFile[]): Promise<OpenFiles> {
  const open = new Map<FileName, VerifiedBlob>();
  try {
    for (const file of files) open.set(file.name, await blobs.verify(file));
    return open;
  } catch (error) {
    await closeFiles(open);
    throw error;
  }
}

export async function closeFiles(files: OpenFiles): Promise<void> {
  for (const file of files.values()) await file[Symbol.asyncDispose]();
}
