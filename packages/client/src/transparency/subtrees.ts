// SPDX-License-Identifier: Apache-2.0
/**
 * Every hash in a proof is the root over a range of leaves, and every such range is a row of complete subtrees, the
 * largest first. Only complete subtrees are stored, for their hashes never change while the log grows.
 *
 *     leaves 0…6  =  0…3 (height 2, index 0)  +  4,5 (height 1, index 2)  +  6 (height 0, index 6)
 */
import type { Hash } from "./hash.ts";
import { EMPTY_ROOT, hashNode, largestPowerOfTwoBelow } from "./merkle-tree.ts";

/** The complete subtree over the 2^height leaves from leaf index · 2^height. */
export interface Subtree {
  height: number;
  index: number;
}

/** Leaves from `start` up to and without `end`. */
export interface LeafRange {
  start: number;
  end: number;
}

export interface HashReader {
  /**
   * The root of each subtree, in the order asked for. All lie within the reader's tree.
   * @throws LoraError when a hash cannot be had, or is not what the tree's root commits to
   */
  readHashes(subtrees: readonly Subtree[]): Promise<Hash[]>;
}

/** @param range one that splitting a tree as RFC 6962 does leads to: its start is a multiple of its first subtree */
export function subtreesOf(range: LeafRange): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = range.start; at < range.end; ) {
    const leaves = largestPowerOfTwoBelow(range.end - at + 1);
    subtrees.push({ height: Math.round(Math.log2(leaves)), index: at / leaves });
    at += leaves;
  }
  return subtrees;
}

/** The root over neighbouring complete subtrees, each smaller than the one before. */
export function rootOfSubtrees(hashes: readonly Hash[]): Hash {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => hashNode(left, right));
}

/** One root for each range, by one request to the reader. */
export async function readRanges(ranges: readonly LeafRange[], reader: HashReader): Promise<Hash[]> {
  const parts = ranges.map(subtreesOf);
  const hashes = await reader.readHashes(parts.flat());
  let at = 0;
  return parts.map((part) => {
    const own = hashes.slice(at, at + part.length);
    at += part.length;
    return rootOfSubtrees(own);
  });
}
