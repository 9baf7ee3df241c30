// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LoraError } from "../errors.ts";
import { syncDirectory } from "./durable-file.ts";
import { fileError } from "./file-error.ts";

/** Small chunks are gathered up to this, since each write is a round trip to another thread. */
const WRITE_BYTES = 1024 * 1024;

/**
 * Writes a file whose bytes come one after another, beside its place, and renames it there when it is on the disk.
 * A failure, also of the chunks, removes what was written; a crash leaves it under a name that begins with `.tmp-`.
 * @throws LoraError DISK_FULL, PERMISSION_DENIED, IO_FAILED, FILE_NOT_FOUND for a missing directory, and what the chunks
 *   throw
 */
export async function writeStreamDurably(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onBytes?: (bytes: number) => void,
): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${randomBytes(6).toString("hex")}`);
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
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  // One write is under way while the next chunks come.
  let writing: Promise<void> = Promise.resolve();
  const flush = async () => {
    await writing;
    writing = write(file, gathered, onBytes);
    writing.catch(() => undefined);
    gathered = [];
    gatheredBytes = 0;
  };
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    gathered.push(chunk);
    gatheredBytes += chunk.length;
    if (gatheredBytes >= WRITE_BYTES) await flush();
  }
  await flush();
  await writing;
}

async function write(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  onBytes: ((bytes: number) => void) | undefined,
): Promise<void> {
  for (let rest = chunks; rest.length > 0; ) {
    const { bytesWritten } = await file.writev(rest);
    rest = withoutFirst(rest, bytesWritten);
    onBytes?.(bytesWritten);
  }
}

/** What a write that stopped early leaves. */
function withoutFirst(chunks: readonly Uint8Array[], lengthBytes: number): Uint8Array[] {
  let skip = lengthBytes;
  return chunks.flatMap((chunk) => {
    const taken = Math.min(skip, chunk.length);
    skip -= taken;
    return taken === chunk.length ? [] : [chunk.subarray(taken)];
  });
}
