// SPDX-License-Identifier: Apache-2.0
/** The text of small files of releases, for pages. A blob never changes, so what was read and made of it is kept. */
import { isSha256, type Sha256 } from "@lora/client/digest";
import type { BlobStore } from "../../blobs/index.ts";

const MAX_TEXT_BYTES = 512 * 1024;

/** @returns undefined for a file that is too large for a page, or not UTF-8 */
export async function readBlobText(
  blobs: BlobStore,
  { sha256, sizeBytes }: { sha256: string; sizeBytes: number },
): Promise<string | undefined> {
  if (sizeBytes > MAX_TEXT_BYTES || !isSha256(sha256)) return undefined;
  const bytes = await readBlobBytes(blobs, sha256, sizeBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export async function readBlobBytes(
  blobs: BlobStore,
  sha256: Sha256,
  sizeBytes: number,
): Promise<Uint8Array> {
  if (sizeBytes === 0) return new Uint8Array();
  const stream = await blobs.read(sha256, 0, sizeBytes);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk as Uint8Array);
    return new Uint8Array(Buffer.concat(chunks));
  } finally {
    stream.destroy();
  }
}

/** What was made of immutable things, by what names them: the `limit` that were asked for last. */
export function keepLast<Value>(limit: number) {
  const kept = new Map<string, Promise<Value>>();
  return async (key: string, make: () => Promise<Value>): Promise<Value> => {
    const known = kept.get(key);
    if (known !== undefined) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const made = make();
    kept.set(key, made);
    // A failure is nobody's answer but that of who waited for it.
    made.catch(() => kept.delete(key));
    if (kept.size > limit) kept.delete(kept.keys().next().value as string);
    return made;
  };
}
