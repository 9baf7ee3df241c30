// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { ByteSource } from "../byte-source/index.ts";
import { type ErrorCode, LoraError } from "../errors.ts";

/** A file that is open for reading: whoever opened it disposes of it. */
export type FileSource = ByteSource & AsyncDisposable;

// Without it, opening a named pipe waits for somebody to write. Windows knows neither.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "FILE_NOT_FOUND",
  ENOTDIR: "FILE_NOT_FOUND",
  EACCES: "PERMISSION_DENIED",
  EPERM: "PERMISSION_DENIED",
};

/** @throws LoraError FILE_NOT_FOUND, PERMISSION_DENIED, IO_FAILED; the last for a directory or a device too */
export async function openFileSource(path: string): Promise<FileSource> {
  const handle = await open(path, OPEN_FLAGS).catch((cause) => {
    throw failure(path, cause);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile())
      throw new LoraError(
        "IO_FAILED",
        `${path} is ${stat.isDirectory() ? "a directory" : "not a regular file"}`,
      );
    return {
      name: path,
      sizeBytes: stat.size,
      read: (offset, lengthBytes, into = new Uint8Array(lengthBytes)) =>
        readFully(handle, path, offset, into),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error instanceof LoraError ? error : failure(path, error);
  }
}

async function readFully(
  handle: FileHandle,
  path: string,
  offset: number,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, offset + at).catch((cause) => {
      throw failure(path, cause);
    });
    if (bytesRead === 0)
      throw new LoraError("IO_FAILED", `${path} ends before byte ${offset + bytes.length}`);
    at += bytesRead;
  }
  return bytes;
}

function failure(path: string, cause: unknown): LoraError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const kind = CODES[code] ?? "IO_FAILED";
  const what = { FILE_NOT_FOUND: "does not exist", PERMISSION_DENIED: "may not be read" }[kind as string];
  return new LoraError(kind, `${path} ${what ?? `cannot be read (${code})`}`, { cause, details: { path } });
}
