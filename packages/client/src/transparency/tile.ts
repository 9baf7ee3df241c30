// SPDX-License-Identifier: Apache-2.0
/**
 * Tiles of C2SP tlog-tiles: the tree cut into pieces of height 8, each a file that never changes once it is full.
 * Tile n of level l holds the roots of the complete subtrees of 256^l leaves from n · 256 on, 32 bytes each; level 0
 * holds leaf hashes. A tile that the tree does not fill yet is partial, and its hashes appear in no tile above.
 *
 *     a tree of 70,000 leaves:
 *     level 0   273 full tiles and one of width 112        70,000 = 273 · 256 + 112
 *     level 1   one full tile and one of width 17             273 =   1 · 256 +  17
 *     level 2   one tile of width 1
 */
import { LoraError } from "../errors.ts";
import { HASH_BYTES, type Hash } from "./hash.ts";
import type { Subtree } from "./subtrees.ts";

export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
export const FULL_TILE_BYTES = TILE_WIDTH * HASH_BYTES;

export interface Tile {
  level: number;
  index: number;
  /** Hashes in it, 1 to 256; 256 is a full tile. */
  width: number;
}

/** The leaves under the level 0 tile of the same index and width. */
export interface EntryBundle {
  level: "entries";
  index: number;
  width: number;
}

/** Where a complete subtree of a tree of `size` leaves stands: in slots `from` to `to` of the tile, as a subtree of it. */
export function tileOf(subtree: Subtree, size: number): { tile: Tile; from: number; to: number } {
  const level = Math.floor(subtree.height / TILE_HEIGHT);
  const slots = 2 ** (subtree.height % TILE_HEIGHT);
  const first = subtree.index * slots;
  const index = Math.floor(first / TILE_WIDTH);
  const from = first - index * TILE_WIDTH;
  return { tile: { level, index, width: widthOf(level, index, size) }, from, to: from + slots };
}

/** The partial tiles of a tree, lowest first: with the full ones below them, all that its root is computed from. */
export function edgeTiles(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; hashesAt(level, size) > 0; level += 1) {
    const index = Math.floor(hashesAt(level, size) / TILE_WIDTH);
    const width = widthOf(level, index, size);
    if (width > 0) tiles.push({ level, index, width });
  }
  return tiles;
}

/** What a static copy of a log of `newSize` leaves has that a copy at `oldSize` lacks. `oldSize` 0 gives all tiles. */
export function tilesBetween(oldSize: number, newSize: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; hashesAt(level, newSize) > 0; level += 1) {
    const end = hashesAt(level, newSize);
    for (let at = hashesAt(level, oldSize); at < end; ) {
      const index = Math.floor(at / TILE_WIDTH);
      tiles.push({ level, index, width: widthOf(level, index, newSize) });
      at = (index + 1) * TILE_WIDTH;
    }
  }
  return tiles;
}

/** The bundle that holds entry number `entry` of a log of `size`. */
export function bundleOf(entry: number, size: number): EntryBundle {
  const index = Math.floor(entry / TILE_WIDTH);
  return { level: "entries", index, width: widthOf(0, index, size) };
}

export function formatTile(hashes: readonly Hash[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, i) => {
    bytes.set(hash, i * HASH_BYTES);
  });
  return bytes;
}

/**
 * The first `width` hashes. A partial tile may be gone once its full one exists, so the full one serves for it.
 * @param bytes from a mirror, compared with nothing yet
 * @throws LoraError LOG_TILE_INVALID
 */
export function parseTile(bytes: Uint8Array, { level, index, width }: Tile): Hash[] {
  if (bytes.length !== width * HASH_BYTES && bytes.length !== FULL_TILE_BYTES) {
    throw new LoraError(
      "LOG_TILE_INVALID",
      `tile ${index} of level ${level} has ${bytes.length} bytes where ${width * HASH_BYTES} were expected`,
    );
  }
  const copy = bytes.slice(0, width * HASH_BYTES);
  return Array.from({ length: width }, (_, i) => copy.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES) as Hash);
}

function hashesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

function widthOf(level: number, index: number, size: number): number {
  return Math.min(TILE_WIDTH, hashesAt(level, size) - index * TILE_WIDTH);
}
