// SPDX-License-Identifier: Apache-2.0
import type { Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { LoraError } from "../errors.ts";
import { fileError, ignoreMissing } from "./file-error.ts";
import { makeDirectory } from "./make-directory.ts";
import type { BlobRef, OpenBlob } from "./store.ts";

/** Chunks are gathered up to this: each write is a round trip to another thread. */
const WRITE_BYTES = 1024 * 1024;

/**
 * Streams into the partial file, hashing on the way; returns when it is whole, right and on the disk.
 * After a failure of the stream what came is there, to go on from; after wrong bytes nothing is.
 */
export async function download(
  blob: BlobRef,
  path: string,
  openBlob: OpenBlob,
  onBytes?: (bytes: number) => void,
): Promise<void> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  try {
    await makeDirectory(dirname(path));
    const presentBytes = await hashPartial(path, hash, blob.sizeBytes);
    onBytes?.(presentBytes);
    await using file = await open(path, presentBytes === 0 ? "w" : "r+");
    if (presentBytes < blob.sizeBytes) {
      const chunks = withinSize(await openBlob(presentBytes), blob, presentBytes, onBytes);
      await writeHashed(file, presentBytes, chunks, hash);
    }
    const sha256 = hash.digest("hex");
    if (sha256 !== blob.sha256) {
      throw new LoraError(
        "DIGEST_MISMATCH",
        `blob ${blob.sha256.slice(0, 12)} came with other bytes, of sha256 ${sha256.slice(0, 12)}`,
        { details: { expected: blob.sha256, actual: sha256 } },
      );
    }
    await file.sync();
  } catch (cause) {
    // Wrong bytes must not be gone on from; a broken connection's may.
    if (cause instanceof LoraError && (cause.code === "DIGEST_MISMATCH" || cause.code === "SIZE_MISMATCH")) {
      await rm(path, { force: true });
    }
    throw fileError(cause, "write", path);
  }
}

/** @throws LoraError SIZE_MISMATCH where the chunks are more or fewer bytes than were signed */
async function* withinSize(
  chunks: AsyncIterable<Uint8Array>,
  blob: BlobRef,
  presentBytes: number,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const name = `blob ${blob.sha256.slice(0, 12)}`;
  let sizeBytes = presentBytes;
  for await (const chunk of chunks) {
    sizeBytes += chunk.length;
    if (sizeBytes > blob.sizeBytes)
      throw new LoraError("SIZE_MISMATCH", `${name} is longer than its ${blob.sizeBytes} signed bytes`);
    yield chunk;
    onBytes?.(chunk.length);
  }
  if (sizeBytes < blob.sizeBytes)
    throw new LoraError(
      "SIZE_MISMATCH",
      `${name} ended after ${sizeBytes} of its ${blob.sizeBytes} signed bytes`,
    );
}

/** Also of chunks that fail, all that came before is written. */
async function writeHashed(
  file: FileHandle,
  position: number,
  chunks: AsyncIterable<Uint8Array>,
  hash: Hash,
): Promise<void> {
  const room = new Uint8Array(WRITE_BYTES);
  let used = 0;
  let at = position;
  const flush = async () => {
    const gathered = room.subarray(0, used);
    used = 0;
    // Hashed while another thread writes.
    const [written] = await Promise.allSettled([writeWhole(file, gathered, at), hash.update(gathered)]);
    if (written.status === "rejected") throw written.reason;
    at += gathered.length;
  };
  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + room.length - used);
        room.set(part, used);
        used += part.length;
        from += part.length;
        if (used === room.length) await flush();
      }
    }
  } finally {
    await flush();
  }
}

/** A disk that becomes full takes a part first, and says so with the next write. */
async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

async function hashPartial(path: string, hash: Hash, limitBytes: number): Promise<number> {
  const found = await stat(path).catch(ignoreMissing);
  if (found === undefined || found.size === 0) return 0;
  // Longer than the whole: not a beginning of it.
  if (found.size > limitBytes) {
    await rm(path, { force: true });
    return 0;
  }
  await chmod(path, 0o644);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return found.size;
}
