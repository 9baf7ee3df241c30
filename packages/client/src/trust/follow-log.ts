// SPDX-License-Identifier: Apache-2.0
/** The entries of a log one after another, each proved to be in the tree of its newest checkpoint. */
import { LoraError } from "../errors.ts";
import {
  type LogEntry,
  parseLogEntry,
  readEntryBundle,
  TILE_WIDTH,
  tileHashReader,
} from "../transparency/index.ts";
import type { TrustedLog } from "./trusted-log.ts";

/** Bundles of 256 entries that are fetched at once. */
const AHEAD = 8;

export interface FollowedEntry {
  index: number;
  /** Undefined for one that this version of lora does not know. */
  entry: LogEntry | undefined;
}

/** From entry `from` to the end of the log as the registry offers it. @throws LoraError LOG_TILE_INVALID */
export async function* followLog(
  { offered, files }: Pick<TrustedLog, "offered" | "files">,
  from: number,
): AsyncGenerator<FollowedEntry> {
  const hashes = tileHashReader(offered, files);
  const end = Math.ceil(offered.size / TILE_WIDTH);
  for (let first = Math.floor(from / TILE_WIDTH); first < end; first += AHEAD) {
    const numbers = Array.from({ length: Math.min(AHEAD, end - first) }, (_, i) => first + i);
    const bundles = await Promise.all(numbers.map((n) => readEntryBundle(n, offered, files, hashes)));
    for (const [i, bytes] of bundles.flat().entries()) {
      const index = first * TILE_WIDTH + i;
      if (index >= from) yield { index, entry: parseKnown(bytes) };
    }
  }
}

/** Logs outlive the programs that read them. */
function parseKnown(bytes: Uint8Array): LogEntry | undefined {
  try {
    return parseLogEntry(bytes);
  } catch (error) {
    if (error instanceof LoraError) return undefined;
    throw error;
  }
}
