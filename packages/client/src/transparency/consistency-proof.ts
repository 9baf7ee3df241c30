// SPDX-License-Identifier: Apache-2.0
/**
 * Consistency proofs of RFC 6962 §2.1.2: that the first m of n leaves are still what they were.
 *
 *     PROOF(m, D[n])             = SUBPROOF(m, D[n], true)
 *     SUBPROOF(m, D[m], true)    = {}                                     the verifier has this hash: the old root
 *     SUBPROOF(m, D[m], false)   = { MTH(D[m]) }
 *     SUBPROOF(m, D[n], b)       = SUBPROOF(m, D[0:k], b) : MTH(D[k:n])             m ≤ k
 *     SUBPROOF(m, D[n], b)       = SUBPROOF(m - k, D[k:n], false) : MTH(D[0:k])     m > k
 *
 *     3 of 7:  { MTH(D[2:3]), MTH(D[3:4]), MTH(D[0:2]), MTH(D[4:7]) }
 *
 * The RFC leaves m = 0 out. As witnesses do, an empty tree counts as a prefix of any, with the empty proof.
 */
import { type Hash, hashesEqual } from "./hash.ts";
import { EMPTY_ROOT, hashNode, isTreeSize, largestPowerOfTwoBelow, type Tree } from "./merkle-tree.ts";
import { type HashReader, type LeafRange, readRanges } from "./subtrees.ts";

/** @throws RangeError when the older tree is the larger: the caller orders them */
export async function proveConsistency(
  oldSize: number,
  newSize: number,
  reader: HashReader,
): Promise<Hash[]> {
  if (!areSizes(oldSize, newSize)) throw new RangeError(`no proof from ${oldSize} to ${newSize} leaves`);
  return readRanges(proofRanges(oldSize, newSize), reader);
}

/** Whatever the trees and hashes are, and whoever sent them: true only if `older` is a prefix of `newer`. */
export function isConsistencyProof(proof: readonly Hash[], older: Tree, newer: Tree): boolean {
  if (!areSizes(older.size, newer.size)) return false;
  const ranges = proofRanges(older.size, newer.size);
  if (proof.length !== ranges.length) return false;
  if (older.size === 0) {
    return hashesEqual(older.root, EMPTY_ROOT) && (newer.size > 0 || hashesEqual(newer.root, EMPTY_ROOT));
  }
  let oldHash = older.root;
  let newHash = older.root;
  proof.forEach((hash, i) => {
    const { end } = ranges[i] as LeafRange;
    if (end === older.size) {
      oldHash = hash;
      newHash = hash;
    } else if (end < older.size) {
      oldHash = hashNode(hash, oldHash);
      newHash = hashNode(hash, newHash);
    } else {
      newHash = hashNode(newHash, hash);
    }
  });
  return hashesEqual(oldHash, older.root) && hashesEqual(newHash, newer.root);
}

function proofRanges(oldSize: number, newSize: number): LeafRange[] {
  if (oldSize === 0) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, newSize];
  while (end !== oldSize) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (oldSize <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  if (start !== 0) ranges.push({ start, end });
  return ranges.reverse();
}

function areSizes(oldSize: number, newSize: number): boolean {
  return isTreeSize(oldSize) && isTreeSize(newSize) && oldSize <= newSize;
}
