// SPDX-License-Identifier: Apache-2.0
/** The files of a registry's log, and of them what was proved, kept in a directory that may be deleted at any time. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LoraError } from "../errors.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { writeFileDurably } from "../store/index.ts";
import {
  type EntryBundle,
  formatTilePath,
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
      // What somebody has changed here fails its proof, as a mirror's would.
      return (await readFile(pathOf(tile)).catch(() => undefined)) ?? fetchFile(tile);
    },
    readEntries: fetchFile,
    async keepTile(tile, bytes) {
      const path = pathOf(tile);
      const known = await readFile(path).catch(() => undefined);
      // A cache that cannot be written costs requests, not the install.
      if (known === undefined) await writeFileDurably(path, bytes).catch(() => undefined);
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof LoraError && (error.code === "NOT_FOUND" || error.kind.httpStatus === 404);
}
