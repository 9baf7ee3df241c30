// SPDX-License-Identifier: Apache-2.0
/**
 * The log as its files give it. Nothing that a `TileReader` answers is believed: a tree's partial tiles are, together,
 * the input of its root; a full tile is the input of one hash in the tile above it; so every tile is proved from the
 * root down before a hash of it is used.
 */
import { LoraError } from "../errors.ts";
import { parseEntryBundle } from "./entry-bundle.ts";
import { type Hash, hashesEqual } from "./hash.ts";
import { hashLeaf, rootOfHashes, type Tree } from "./merkle-tree.ts";
import { type HashReader, readRanges } from "./subtrees.ts";
import {
  bundleOf,
  type EntryBundle,
  edgeTiles,
  parseTile,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  tileOf,
} from "./tile.ts";
import { rootOfEdge, type TreeEdge } from "./tree-edge.ts";

/**
 * All that this directory asks of the world: files of a log, from a registry, a mirror, a directory or a database.
 * Each answer is bounded by the reader to the file's greatest length; each may throw LoraError.
 */
export interface TileReader {
  /** The newest one. At most MAX_NOTE_BYTES. */
  readCheckpoint(): Promise<Uint8Array>;
  /** Exactly this tile, or the full one that this partial tile has become. */
  readTile(tile: Tile): Promise<Uint8Array>;
  /** As for tiles. At most MAX_BUNDLE_BYTES. */
  readEntries(bundle: EntryBundle): Promise<Uint8Array>;
  /** Called once these bytes are proved to be the tile: a cache keeps only what comes here. */
  keepTile(tile: Tile, bytes: Uint8Array): Promise<void>;
}

/**
 * Reads each tile at most once: make one for each operation, not one for a process.
 * @param tree of a checkpoint that was verified
 */
export function tileHashReader(tree: Tree, tiles: Pick<TileReader, "readTile" | "keepTile">): HashReader {
  const proved = new Map<string, Promise<readonly Hash[]>>();
  let edge: Promise<TreeEdge> | undefined;

  const hashesOf = (tile: Tile): Promise<readonly Hash[]> => {
    const key = `${tile.level}/${tile.index}`;
    const known = proved.get(key);
    if (known !== undefined) return known;
    const hashes = tile.width === TILE_WIDTH ? readFullTile(tile) : hashesOfEdge(tile.level);
    proved.set(key, hashes);
    return hashes;
  };

  const readFullTile = async (tile: Tile): Promise<readonly Hash[]> => {
    const parent = tileOf({ height: (tile.level + 1) * TILE_HEIGHT, index: tile.index }, tree.size);
    const [bytes, above] = await Promise.all([tiles.readTile(tile), hashesOf(parent.tile)]);
    const hashes = parseTile(bytes, tile);
    if (!hashesEqual(rootOfHashes(hashes), above[parent.from] as Hash)) {
      throw new LoraError(
        "LOG_TILE_INVALID",
        `tile ${tile.index} of level ${tile.level} is not part of the log of ${tree.size} entries`,
        { details: { level: tile.level, index: tile.index, size: tree.size } },
      );
    }
    await tiles.keepTile(tile, bytes);
    return hashes;
  };

  const hashesOfEdge = async (level: number): Promise<readonly Hash[]> => {
    edge ??= readEdge(tree, tiles);
    return (await edge).levels[level] ?? [];
  };

  return {
    async readHashes(subtrees) {
      return Promise.all(
        subtrees.map(async (subtree) => {
          const { tile, from, to } = tileOf(subtree, tree.size);
          if (to > tile.width) throw new RangeError(`a subtree outside a tree of ${tree.size}`);
          return rootOfHashes((await hashesOf(tile)).slice(from, to));
        }),
      );
    },
  };
}

/**
 * The edge of a tree, from its partial tiles: where an append starts.
 * @throws LoraError LOG_TILE_INVALID when they do not make up the tree's root
 */
export async function readEdge(
  tree: Tree,
  tiles: Pick<TileReader, "readTile" | "keepTile">,
): Promise<TreeEdge> {
  const partial = await Promise.all(
    edgeTiles(tree.size).map(async (tile) => ({ tile, bytes: await tiles.readTile(tile) })),
  );
  const levels: Hash[][] = [];
  for (const { tile, bytes } of partial) levels[tile.level] = parseTile(bytes, tile);
  const edge = { size: tree.size, levels: Array.from(levels, (hashes) => hashes ?? []) };
  if (!hashesEqual(rootOfEdge(edge), tree.root)) {
    throw new LoraError(
      "LOG_TILE_INVALID",
      `the tiles of the log do not make up the root of its checkpoint of ${tree.size} entries`,
      { details: { size: tree.size } },
    );
  }
  await Promise.all(partial.map(({ tile, bytes }) => tiles.keepTile(tile, bytes)));
  return edge;
}

/**
 * Entries `256 · index` and on, at most 256, proved to be in the tree: what a monitor goes through.
 * @throws LoraError LOG_TILE_INVALID
 */
export async function readEntryBundle(
  index: number,
  tree: Tree,
  tiles: TileReader,
  hashes: HashReader = tileHashReader(tree, tiles),
): Promise<Uint8Array[]> {
  const start = index * TILE_WIDTH;
  const bundle = bundleOf(start, tree.size);
  if (bundle.width < 1) throw new RangeError(`no entry ${start} in a log of ${tree.size}`);
  const range = { start, end: start + bundle.width };
  const [bytes, [root]] = await Promise.all([tiles.readEntries(bundle), readRanges([range], hashes)]);
  const entries = parseEntryBundle(bytes, bundle.width);
  if (!hashesEqual(rootOfHashes(entries.map(hashLeaf)), root as Hash)) {
    throw new LoraError(
      "LOG_TILE_INVALID",
      `entries ${start} to ${range.end - 1} are not those of the log of ${tree.size} entries`,
      { details: { start, end: range.end, size: tree.size } },
    );
  }
  return entries;
}
