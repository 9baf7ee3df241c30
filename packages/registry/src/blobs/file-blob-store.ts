// SPDX-License-Identifier: Apache-2.0
/**
 * Blobs in a directory that one process owns (the data directory's lock sees to that).
 *
 *     uploads/<uuid>.part           being received; what a crash leaves of it is swept at the next start
 *     uploads/<64 hex>              staged: whole, of that digest, fsynced
 *     sha256/<2 hex>/<64 hex>       stored
 *     memo-<name>.json              what the log's rollback guard remembers
 *
 * Every step to the next line is one rename within the file system, followed by an fsync of the directory, so a power
 * cut leaves a blob in one of the places or in none, never half of it under its name.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { ByteSource } from "@lora/client/byte-source";
import { isSha256, type Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { openFileSource } from "@lora/client/file-source";
import { makeDirectory } from "@lora/client/store";
import type { BlobClaim, BlobStore, Memo, VerifiedBlob } from "./blob-store.ts";
import { corruptError, digestError, memoChangedError, missingError, sizeError } from "./errors.ts";

const CHUNK_BYTES = 256 * 1024;

/** @param directory made if it is missing */
export async function openFileBlobStore(directory: string): Promise<BlobStore> {
  const uploads = join(directory, "uploads");
  const stored = join(directory, "sha256");
  const memoPath = (name: string) => join(directory, `memo-${name}.json`);
  const stagedPath = (sha256: Sha256) => join(uploads, sha256);
  const storedPath = (sha256: Sha256) => join(stored, sha256.slice(0, 2), sha256);
  await makeDirectory(uploads);
  await makeDirectory(stored);
  for (const name of await readdir(uploads)) {
    if (name.endsWith(".part")) await rm(join(uploads, name), { force: true });
  }

  return {
    readMemo,

    async writeMemo(name, text, replaces) {
      const found = await readMemo(name);
      if (found?.tag !== replaces?.tag) throw memoChangedError();
      const part = join(uploads, `${randomUUID()}.part`);
      try {
        await writeDurably(part, Readable.from([Buffer.from(text)]));
        await rename(part, memoPath(name));
        await syncDirectory(directory);
      } catch (error) {
        await rm(part, { force: true });
        throw asDiskError(error);
      }
    },

    presignUpload: async () => undefined,
    parts: undefined,
    presignDownload: async () => undefined,

    async stage(sha256, body) {
      const part = join(uploads, `${randomUUID()}.part`);
      try {
        const received = await writeDurably(part, body);
        if (received !== sha256) throw digestError(sha256, received);
        await rename(part, stagedPath(sha256));
        await syncDirectory(uploads);
      } catch (error) {
        await rm(part, { force: true });
        throw asDiskError(error);
      }
    },

    async has({ sha256, sizeBytes }) {
      for (const path of [storedPath(sha256), stagedPath(sha256)]) {
        if ((await sizeOf(path)) === sizeBytes) return true;
      }
      return false;
    },

    async isStaged(claim) {
      const staged = await openVerified(stagedPath(claim.sha256), claim);
      if (!isOpen(staged)) return false;
      await staged[Symbol.asyncDispose]();
      return true;
    },

    async verify(claim) {
      const inPlace = await openVerified(storedPath(claim.sha256), claim);
      if (isOpen(inPlace)) return { ...inPlace, promote: async () => {} };
      const staged = await openVerified(stagedPath(claim.sha256), claim);
      if (isOpen(staged)) return { ...staged, promote: () => promote(claim) };
      if (staged !== undefined) {
        // A damaged upload would stand in the way of the next one.
        if (staged.code === "DIGEST_MISMATCH") await rm(stagedPath(claim.sha256), { force: true });
        throw staged;
      }
      if (inPlace === undefined) throw missingError(claim);
      throw inPlace.code === "SIZE_MISMATCH" ? inPlace : corruptError(claim.sha256, inPlace);
    },

    async read(sha256, start, lengthBytes) {
      const handle = await open(storedPath(sha256)).catch((error: unknown) => {
        throw corruptError(sha256, error);
      });
      return createReadStream("", {
        fd: handle,
        start,
        // `end` is inclusive; an empty range cannot be said so, and the caller's empty blob needs no stream.
        end: start + lengthBytes - 1,
        highWaterMark: CHUNK_BYTES,
      }) as Readable;
    },

    isStored: async ({ sha256, sizeBytes }) => (await sizeOf(storedPath(sha256))) === sizeBytes,

    async *listStored() {
      for (const fold of await readdir(stored)) {
        for (const name of await readdir(join(stored, fold))) {
          const found = isSha256(name)
            ? await stat(join(stored, fold, name)).catch(() => undefined)
            : undefined;
          if (found !== undefined && isSha256(name))
            yield { sha256: name, sizeBytes: found.size, writtenAt: found.mtime };
        }
      }
    },

    async removeStored(sha256) {
      await rm(storedPath(sha256), { force: true });
    },

    async sweep(before, isDryRun = false) {
      let swept = 0;
      for (const name of await readdir(uploads)) {
        const path = join(uploads, name);
        const found = isSha256(name) ? await stat(path).catch(() => undefined) : undefined;
        if (found === undefined || found.mtime >= before) continue;
        if (!isDryRun) await rm(path, { force: true });
        swept += 1;
      }
      return swept;
    },

    async check() {
      await access(stored, constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
        throw new LoraError("IO_FAILED", `the registry cannot write its blobs: ${cause.code}`, { cause });
      });
    },
  };

  async function readMemo(name: string): Promise<Memo | undefined> {
    const text = await readFile(memoPath(name), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return text === undefined ? undefined : { text, tag: text };
  }

  async function promote({ sha256, sizeBytes }: BlobClaim): Promise<void> {
    const target = storedPath(sha256);
    await makeDirectory(dirname(target));
    await syncDirectory(stored);
    try {
      await rename(stagedPath(sha256), target);
    } catch (error) {
      // Another publish of the same bytes was quicker.
      if ((await sizeOf(target)) === undefined) {
        // Swept meanwhile.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") throw missingError({ sha256, sizeBytes });
        throw asDiskError(error);
      }
    }
    await syncDirectory(dirname(target));
  }
}

/** A file that was hashed through a handle, and is read through the same handle. */
type OpenBlob = Omit<VerifiedBlob, "promote">;

function isOpen(outcome: OpenBlob | LoraError | undefined): outcome is OpenBlob {
  return outcome !== undefined && "source" in outcome;
}

/** Undefined when there is no such file; the error that says how it differs from the claim. */
async function openVerified(path: string, claim: BlobClaim): Promise<OpenBlob | LoraError | undefined> {
  const source = await openFileSource(path).catch((error: LoraError) => {
    if (error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  });
  if (source === undefined) return undefined;
  const found = source.sizeBytes === claim.sizeBytes ? await hashOf(source) : undefined;
  if (found === claim.sha256) return { source, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
  await source[Symbol.asyncDispose]();
  return found === undefined ? sizeError(claim, source.sizeBytes) : digestError(claim.sha256, found);
}

async function hashOf(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; at < source.sizeBytes; at += CHUNK_BYTES) {
    hash.update(await source.read(at, Math.min(CHUNK_BYTES, source.sizeBytes - at)));
  }
  return hash.digest("hex");
}

/** Returns the sha256 of what was written. */
async function writeDurably(path: string, body: AsyncIterable<Uint8Array>): Promise<string> {
  const handle = await open(path, "wx");
  try {
    const hash = createHash("sha256");
    for await (const chunk of body) {
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
    return hash.digest("hex");
  } finally {
    await handle.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no handle on a directory to sync.
  if (process.platform === "win32") return;
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

function asDiskError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new LoraError("DISK_FULL", "the registry has no space left for uploads", { cause: error });
}
