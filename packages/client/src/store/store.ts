// SPDX-License-Identifier: Apache-2.0
/**
 * The local store: every file of every release that this machine has installed, once, named by its sha256.
 *
 *     blobs/sha256/ab/ab12…      read-only; whole and verified, or absent
 *     bundles/<release id>.json  what the author signed
 *     keys/<key id>.pem
 *     receipts/<release id>      that the release is in its registry's log
 *     partial/<sha256>           the beginning of a download, hashed again when it goes on
 *     locks/<3 hex digits>.lock  one process at a time fetches a blob, the others wait and find it
 *     projects/<sha256>          path of a project that links blobs, for prune
 *
 * Several processes use one store at the same time; nothing is ever changed in place.
 */
import { createReadStream } from "node:fs";
import { chmod, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSha256, type Sha256, sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { withFileLock } from "../file-lock/index.ts";
import { download } from "./download.ts";
import { syncDirectory, writeFileDurably } from "./durable-file.ts";
import { fileError, ignoreMissing } from "./file-error.ts";
import { makeDirectory } from "./make-directory.ts";

/** How long a process waits for another that fetches the same blob. */
const FETCH_LOCK_WAIT_MS = 60 * 60 * 1000;

export interface BlobRef {
  sha256: Sha256;
  sizeBytes: number;
}

/** Bytes of a blob from an offset on. The reader may stop early; the stream may end or fail early. */
export type OpenBlob = (offsetBytes: number) => Promise<AsyncIterable<Uint8Array>>;

export interface Store {
  readonly directory: string;
  /** Where the blob is, or would be. */
  blobPath(sha256: Sha256): string;
  hasBlob(blob: BlobRef): Promise<boolean>;
  /**
   * Makes sure that the store has the blob; `openBlob` is called only if it lacks it, and by one process at a time.
   * A failure leaves what came so far, to go on from there.
   * @throws LoraError DIGEST_MISMATCH or SIZE_MISMATCH, after which nothing of what came is kept
   */
  fetchBlob(
    blob: BlobRef,
    openBlob: OpenBlob,
    onBytes?: (bytes: number) => void,
  ): Promise<{ fetched: boolean }>;
  /** @throws LoraError STORE_CORRUPT when the file is not what its name says; FILE_NOT_FOUND */
  verifyBlob(blob: BlobRef): Promise<void>;
  /** A small blob's bytes, verified. @throws as verifyBlob */
  readBlob(blob: BlobRef): Promise<Uint8Array>;
  removeBlob(sha256: Sha256): Promise<void>;
  writeBundle(releaseId: Sha256, bundle: string): Promise<void>;
  readBundle(releaseId: Sha256): Promise<string | undefined>;
  writeKey(keyId: Sha256, pem: string): Promise<void>;
  readKey(keyId: Sha256): Promise<string | undefined>;
  writeReceipt(releaseId: Sha256, receipt: Uint8Array): Promise<void>;
  readReceipt(releaseId: Sha256): Promise<Uint8Array | undefined>;
  rememberProject(directory: string): Promise<void>;
}

export function openStore(directory: string): Store {
  const blobPath = (sha256: Sha256) => join(directory, "blobs", "sha256", sha256.slice(0, 2), sha256);
  const partialPath = (sha256: Sha256) => join(directory, "partial", sha256);
  const bundlePath = (id: Sha256) => join(directory, "bundles", `${id}.json`);
  const receiptPath = (id: Sha256) => join(directory, "receipts", id);
  const keyPath = (id: Sha256) => join(directory, "keys", `${id}.pem`);

  const hasBlob = async ({ sha256, sizeBytes }: BlobRef): Promise<boolean> => {
    const found = await stat(blobPath(sha256)).catch(ignoreMissing);
    return found?.isFile() === true && found.size === sizeBytes;
  };

  return {
    directory,
    blobPath,
    hasBlob,

    async fetchBlob(blob, openBlob, onBytes) {
      if (await hasBlob(blob)) return { fetched: false };
      const lock = join(directory, "locks", `${blob.sha256.slice(0, 3)}.lock`);
      await makeDirectory(dirname(lock)).catch((cause) => {
        throw fileError(cause, "write", lock);
      });
      return withFileLock(
        lock,
        async () => {
          if (await hasBlob(blob)) return { fetched: false };
          await download(blob, partialPath(blob.sha256), openBlob, onBytes);
          const path = blobPath(blob.sha256);
          try {
            await makeDirectory(dirname(path));
            await chmod(partialPath(blob.sha256), 0o444);
            await rename(partialPath(blob.sha256), path);
            await syncDirectory(dirname(path));
          } catch (cause) {
            throw fileError(cause, "write", path);
          }
          return { fetched: true };
        },
        { wait: FETCH_LOCK_WAIT_MS },
      );
    },

    async verifyBlob(blob) {
      const { createHash } = await import("node:crypto");
      const hash = createHash("sha256");
      let sizeBytes = 0;
      try {
        for await (const chunk of createReadStream(blobPath(blob.sha256), { highWaterMark: 1 << 20 })) {
          hash.update(chunk as Buffer);
          sizeBytes += (chunk as Buffer).length;
        }
      } catch (cause) {
        throw fileError(cause, "read", blobPath(blob.sha256));
      }
      assertStored(blob, hash.digest("hex"), sizeBytes, blobPath(blob.sha256));
    },

    async readBlob(blob) {
      const bytes = await readFile(blobPath(blob.sha256)).catch((cause) => {
        throw fileError(cause, "read", blobPath(blob.sha256));
      });
      assertStored(blob, sha256Of(bytes), bytes.length, blobPath(blob.sha256));
      return bytes;
    },

    removeBlob: (sha256) => rm(blobPath(sha256), { force: true }),

    writeBundle: (releaseId, bundle) => writeFileDurably(bundlePath(releaseId), bundle),
    readBundle: (releaseId) => readFile(bundlePath(releaseId), "utf8").catch(ignoreMissing),
    writeKey: (keyId, pem) => writeFileDurably(keyPath(keyId), pem),
    readKey: (keyId) => readFile(keyPath(keyId), "utf8").catch(ignoreMissing),

    writeReceipt: (releaseId, receipt) => writeFileDurably(receiptPath(releaseId), receipt),
    readReceipt: (releaseId) => readFile(receiptPath(releaseId)).catch(ignoreMissing),

    async rememberProject(project) {
      const path = join(directory, "projects", sha256Of(project));
      if ((await stat(path).catch(ignoreMissing)) === undefined) await writeFileDurably(path, project);
    },
  };
}

function assertStored(blob: BlobRef, sha256: string, sizeBytes: number, path: string): void {
  if (isSha256(sha256) && sha256 === blob.sha256 && sizeBytes === blob.sizeBytes) return;
  throw new LoraError("STORE_CORRUPT", `the store's file ${path} is no longer what was stored`, {
    hint: "take it out and install again: lora cache verify --repair",
    details: { path, expected: blob.sha256, actual: sha256 },
  });
}
