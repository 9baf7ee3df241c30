// SPDX-License-Identifier: Apache-2.0
/**
 * The files of a registry's log, and of them the tiles that were proved, kept in a directory that may be deleted at any
 * time: `tile/0/000.p/5` and its like, each with its sha256 behind it, so that a spoilt one counts as none.
 *
 *     <hashes, 32 bytes each> ‖ SHA-256(hashes)
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { LoraError } from "../errors.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { temporaryPath } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";
import {
  type EntryBundle,
  formatTilePath,
  HASH_BYTES,
  TILE_WIDTH,
  type Tile,
  type TileReader,
} from "../transparency/index.ts";

/** @param directory of this log alone */
export function logFiles(registry: RegistryClient, directory: string): TileReader {
  const pathOf = (tile: Tile) => join(directory, formatTilePath(tile));
  const fetchFile = async (file: Tile | EntryBundle): Promise<Uint8Array> => {
    try {
      return await registry.logFile(file);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (file.width < TILE_WIDTH) return fetchFile({ ...file, width: TILE_WIDTH });
      throw new LoraError(
        "LOG_TILE_INVALID",
        `the log of ${registry.url} lacks its file ${formatTilePath(file)}`,
        {
          cause: error,
        },
      );
    }
  };
  return {
    readCheckpoint: () => registry.checkpoint(),
    async readTile(tile) {
      return (await readKept(pathOf(tile))) ?? fetchFile(tile);
    },
    readEntries: fetchFile,
    async keepTile(tile, bytes) {
      const path = pathOf(tile);
      // A cache that cannot be written costs requests, not the install.
      if ((await readKept(path)) === undefined) await writeKept(path, bytes).catch(() => undefined);
    },
  };
}

async function readKept(path: string): Promise<Uint8Array | undefined> {
  const kept = await readFile(path).catch(() => undefined);
  if (kept === undefined || kept.length < HASH_BYTES) return undefined;
  const bytes = kept.subarray(0, -HASH_BYTES);
  return Buffer.compare(sha256(bytes), kept.subarray(-HASH_BYTES)) === 0 ? bytes : undefined;
}

/** Not synced: what a power cut takes is fetched again. */
async function writeKept(path: string, bytes: Uint8Array): Promise<void> {
  await makeDirectory(dirname(path));
  const temporary = temporaryPath(path);
  await writeFile(temporary, Buffer.concat([bytes, sha256(bytes)]));
  await rename(temporary, path);
}

function isMissing(error: unknown): boolean {
  return error instanceof LoraError && (error.code === "NOT_FOUND" || error.kind.httpStatus === 404);
}
