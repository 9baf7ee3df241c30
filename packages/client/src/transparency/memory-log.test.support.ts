// SPDX-License-Identifier: Apache-2.0
/** A log in memory that keeps what a registry keeps: entries, and one hash for each slot of each tile. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { formatCheckpoint } from "./checkpoint.ts";
import { formatEntryBundle } from "./entry-bundle.ts";
import { type Hash, isHash } from "./hash.ts";
import { hashLeaf, type Tree } from "./merkle-tree.ts";
import { formatNote, type NoteSignature } from "./note.ts";
import type { SignerKey } from "./note-key.ts";
import { cosignCheckpoint, signNote } from "./note-signature.ts";
import type { HashReader } from "./subtrees.ts";
import { formatTile, TILE_WIDTH } from "./tile.ts";
import { formatTilePath } from "./tile-path.ts";
import { type TileReader, tileHashReader } from "./tile-reader.ts";
import { EMPTY_EDGE, growTree, rootOfEdge } from "./tree-edge.ts";

export interface MemoryLog extends TileReader {
  tree(size?: number): Tree;
  /** Proved from the root down, as a client reads. */
  hashes(size?: number): HashReader;
  /** Paths of what was kept after it was proved. */
  readonly kept: string[];
}

export function memoryLog(leaves: readonly Uint8Array[]): MemoryLog {
  const leafHashes = leaves.map(hashLeaf);
  const rows: Hash[][] = [];
  for (const { level, index, hash } of growTree(EMPTY_EDGE, leafHashes).hashes) {
    rows[level] ??= [];
    (rows[level] as Hash[])[index] = hash;
  }
  const roots = new Map<number, Hash>();
  const rootOf = (size: number) => {
    const root = roots.get(size) ?? rootOfEdge(growTree(EMPTY_EDGE, leafHashes.slice(0, size)).edge);
    roots.set(size, root);
    return root;
  };
  const kept: string[] = [];
  const log: MemoryLog = {
    tree: (size = leaves.length) => ({ size, root: rootOf(size) }),
    hashes: (size = leaves.length) => tileHashReader(log.tree(size), log),
    kept,
    readCheckpoint: async () => new Uint8Array(),
    readTile: async ({ level, index, width }) =>
      formatTile((rows[level] ?? []).slice(index * TILE_WIDTH, index * TILE_WIDTH + width)),
    readEntries: async ({ index, width }) =>
      formatEntryBundle(leaves.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)),
    keepTile: async (tile) => {
      kept.push(formatTilePath(tile));
    },
  };
  return log;
}

export function textLeaves(count: number, prefix = "leaf"): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`${prefix} ${i}`));
}

/** The note of a tree, signed by the log and cosigned by others at the given times. */
export async function signedCheckpoint(
  tree: Tree,
  log: SignerKey,
  cosigners: readonly [SignerKey, number][] = [],
): Promise<string> {
  const text = formatCheckpoint({ origin: log.name, ...tree, extensions: [] });
  const signatures: NoteSignature[] = [await signNote(text, log)];
  for (const [key, time] of cosigners) signatures.push(await cosignCheckpoint(text, key, time));
  return formatNote({ text, signatures });
}

/** A key that anybody can make again: for tests only. */
export function testSeed(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

export function readVectors<Vectors>(name: string): Vectors {
  const url = new URL(`../../../../test/fixtures/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Vectors;
}

export function hashFromHex(hex: string): Hash {
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (!isHash(bytes)) throw new Error(`${hex} is no hash`);
  return bytes;
}

/** The same bytes with one of them another. */
export function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = change(changed[at] as number);
  return changed;
}

/** Any UTF-16 code units, halves of characters and control characters too. */
export function randomText(maxLength: number): fc.Arbitrary<string> {
  return fc.uint16Array({ maxLength }).map((units) => String.fromCharCode(...units));
}
