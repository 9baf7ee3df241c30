// SPDX-License-Identifier: Apache-2.0
/** A registry's log as anybody reads it: its files over HTTP, each proved from a verified checkpoint. */
import {
  compareCheckpoints,
  formatTilePath,
  isNextEntry,
  type LogEntry,
  type Policy,
  parseLogEntry,
  parsePolicy,
  readEntryBundle,
  subjectOf,
  TILE_WIDTH,
  type TileReader,
  tileHashReader,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from "@lora/client/transparency";

/** The log and its clock, as `/registry.json` gives their keys. */
export async function logPolicy(url: string): Promise<Policy> {
  const info = (await (await fetch(new URL("/registry.json", url))).json()) as Record<string, string>;
  return parsePolicy(`log ${info.logKey}\nwitness clock ${info.clockKey}\nquorum clock\n`);
}

export async function readCheckpoint(url: string, policy: Policy): Promise<VerifiedCheckpoint> {
  return verifyCheckpoint(await logFile(url, "checkpoint"), policy);
}

/** Every entry, proved to be in the checkpoint's tree, and each subject's chain without a gap. */
export async function readWholeLog(url: string, checkpoint: VerifiedCheckpoint): Promise<LogEntry[]> {
  const tiles = tileReader(url);
  const hashes = tileHashReader(checkpoint, tiles);
  const entries: LogEntry[] = [];
  const ends = new Map<string, { index: number; entry: LogEntry }>();
  for (let i = 0; i * TILE_WIDTH < checkpoint.size; i += 1) {
    for (const bytes of await readEntryBundle(i, checkpoint, tiles, hashes)) {
      const entry = parseLogEntry(bytes);
      if (!isNextEntry(entry, ends.get(subjectOf(entry))))
        throw new Error(`entry ${entries.length} does not follow in the chain of ${subjectOf(entry)}`);
      ends.set(subjectOf(entry), { index: entries.length, entry });
      entries.push(entry);
    }
  }
  return entries;
}

/** @throws LoraError LOG_INCONSISTENT unless the one is a prefix of the other */
export function compareByTiles(url: string, seen: VerifiedCheckpoint, offered: VerifiedCheckpoint) {
  return compareCheckpoints(seen, offered, (larger) => tileHashReader(larger, tileReader(url)));
}

function tileReader(url: string): TileReader {
  return {
    readCheckpoint: () => logFile(url, "checkpoint"),
    readTile: (tile) => logFile(url, formatTilePath(tile)),
    readEntries: (bundle) => logFile(url, formatTilePath(bundle)),
    keepTile: async () => {},
  };
}

async function logFile(url: string, path: string): Promise<Uint8Array> {
  const response = await fetch(new URL(`/log/${path}`, url));
  if (!response.ok) throw new Error(`/log/${path} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
