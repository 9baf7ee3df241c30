// SPDX-License-Identifier: Apache-2.0
/**
 * A growing log. All that it takes to append to a tree, and to know its root, is the hashes of its partial tiles: for
 * each level fewer than 256. A full tile leaves the edge as one hash of the level above.
 */

import type { Hash } from "./hash.ts";
import { EMPTY_ROOT, rootOfHashes } from "./merkle-tree.ts";
import { rootOfSubtrees, subtreesOf } from "./subtrees.ts";
import { TILE_WIDTH } from "./tile.ts";

export interface TreeEdge {
  size: number;
  /** `levels[l]` holds the hashes of the partial tile of level l: floor(size / 256^l) mod 256 of them, also none. */
  levels: readonly (readonly Hash[])[];
}

/** One hash that a log keeps: number `index` of all that its tiles of `level` hold. Level 0 is leaf hashes. */
export interface TileHash {
  level: number;
  index: number;
  hash: Hash;
}

export const EMPTY_EDGE: TreeEdge = { size: 0, levels: [] };

/** `hashes` are those that the tree did not have before, each after what it was made of. The edge given is not changed. */
export function growTree(edge: TreeEdge, leafHashes: Iterable<Hash>): { edge: TreeEdge; hashes: TileHash[] } {
  const levels = edge.levels.map((level) => [...level]);
  const hashes: TileHash[] = [];
  let size = edge.size;
  for (const leafHash of leafHashes) {
    size += 1;
    let hash = leafHash;
    for (let level = 0; ; level += 1) {
      levels[level] ??= [];
      const partial = levels[level] as Hash[];
      partial.push(hash);
      hashes.push({ level, index: Math.floor(size / TILE_WIDTH ** level) - 1, hash });
      if (partial.length < TILE_WIDTH) break;
      hash = rootOfHashes(partial);
      levels[level] = [];
    }
  }
  return { edge: { size, levels }, hashes };
}

export function rootOfEdge(edge: TreeEdge): Hash {
  if (edge.size === 0) return EMPTY_ROOT;
  const fromHighest = [...edge.levels].reverse();
  return rootOfSubtrees(
    fromHighest.flatMap((hashes) =>
      subtreesOf({ start: 0, end: hashes.length }).map(({ height, index }) =>
        rootOfHashes(hashes.slice(index * 2 ** height, (index + 1) * 2 ** height)),
      ),
    ),
  );
}
