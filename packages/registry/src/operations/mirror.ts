// SPDX-License-Identifier: Apache-2.0
/**
 * What an export writes to: files under the paths at which a registry serves them. Every file is whole under its name or
 * not there, whatever is killed when. `registry.json` comes first and says whose mirror it is: a place that holds anything
 * else is not touched.
 */
import type { Sha256 } from "@lora/client/digest";
import { parseRegistryInfo } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { BlobClaim } from "../blobs/index.ts";

/** Where what is no longer served is removed. The log only ever grows. */
export const PRUNED = ["bases", "blobs", "index", "scopes", "versions"];

/** As the registry itself answers. */
export interface MirroredFile {
  bytes: Uint8Array;
  type: string;
  cacheControl: string;
}

export interface MirrorCounts {
  written: number;
  kept: number;
  removed: number;
}

export interface Mirror extends AsyncDisposable {
  readonly counts: MirrorCounts;
  /** Replaces the file unless it has these bytes already. @param path as it is asked for: `/index/@demo/upper.json` */
  write(path: string, file: MirroredFile): Promise<void>;
  /**
   * A blob never changes: one of that size that is there is not read again.
   * @param open begins to read it; what that throws, and the chunks, leaves no file
   */
  writeBlob(blob: BlobClaim, open: () => Promise<AsyncIterable<Uint8Array>>): Promise<void>;
  /** Removes what was not written, and not kept, since it was opened. */
  prune(): Promise<void>;
}

export function blobPath(sha256: Sha256): string {
  return `/blobs/sha256/${sha256}`;
}

/** @param info `/registry.json` of the registry itself */
export function originOfMirror(info: Uint8Array): string {
  return parseRegistryInfo(info, "registry.json").origin;
}

/**
 * @param found `registry.json` of a place in which there is something
 * @param place as the operator named it
 * @throws LoraError USAGE
 */
export function assertMirrorOf(
  origin: string,
  found: Uint8Array | undefined,
  place: string,
  hint: string,
): void {
  const owner = found === undefined ? undefined : readOrigin(found);
  if (owner === origin) return;
  const what = owner === undefined ? "is not empty, and no mirror" : `is a mirror of ${owner}`;
  throw new LoraError("USAGE", `${place} ${what}`, { hint });
}

function readOrigin(bytes: Uint8Array): string | undefined {
  try {
    return originOfMirror(bytes);
  } catch {
    return undefined;
  }
}
