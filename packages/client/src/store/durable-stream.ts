// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LoraError } from "../errors.ts";
import { syncDirectory } from "./durable-file.ts";
import { fileError } from "./file-error.ts";
import { removeOnSignal } from "./unfinished.ts";

/** Chunks are gathered up to this: each write is a round trip to another thread. */
const WRITE_BYTES = 1024 * 1024;
/** The disk works while more comes, and has little left to do in the end. */
const SYNC_BYTES = 16 * 1024 * 1024;

/**
 * Writes a file whose bytes come one after another, beside its place, and renames it there when it is on the disk.
 * A chunk is done with before the next one is asked for.
 * A failure, also of the chunks, and Ctrl-C remove what was written; a crash leaves it under a name that begins with
 * `.tmp-`.
 * @throws LoraError DISK_FULL, PERMISSION_DENIED, IO_FAILED, FILE_NOT_FOUND for a missing directory, and what the chunks
 *   throw
 */
export async function writeStreamDurably(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onBytes?: (bytes: number) => void,
): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${randomBytes(6).toString("hex")}`);
  using _ = removeOnSignal(temporary);
  try {
    const file = await open(temporary, "wx", 0o644);
    try {
      await writeAll(file, chunks, onBytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT")
      throw new LoraError("FILE_NOT_FOUND", `there is no directory ${dirname(path)}`, { cause });
    throw fileError(cause, "write", path);
  }
}

async function writeAll(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<void> {
  const room = new Uint8Array(WRITE_BYTES);
  let used = 0;
  let unsyncedBytes = 0;
  let isSyncing = false;
  let syncing: Promise<void> = Promise.resolve();
  const flush = async () => {
    for (let at = 0; at < used; ) {
      const { bytesWritten } = await file.write(room, at, used - at);
      at += bytesWritten;
      onBytes?.(bytesWritten);
    }
    unsyncedBytes += used;
    used = 0;
    if (unsyncedBytes < SYNC_BYTES || isSyncing) return;
    // Linux tells of a failure once: the next call for the same file would succeed.
    await syncing;
    unsyncedBytes = 0;
    isSyncing = true;
    syncing = file.datasync().finally(() => {
      isSyncing = false;
    });
    syncing.catch(() => undefined);
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + room.length - used);
      room.set(part, used);
      used += part.length;
      at += part.length;
      if (used === room.length) await flush();
    }
  }
  await flush();
  await syncing;
}
