// SPDX-License-Identifier: Apache-2.0
/**
 * Inclusion proofs of RFC 6962 §2.1.1: the siblings of everything between a leaf and the root, the leaf's own first.
 *
 *     PATH(0, D[1]) = {}
 *     PATH(m, D[n]) = PATH(m, D[0:k]) : MTH(D[k:n])       m < k
 *     PATH(m, D[n]) = PATH(m - k, D[k:n]) : MTH(D[0:k])   m ≥ k
 *
 *     leaf 2 of 3:  { MTH(D[0:2]) }
 */
import { type Hash, hashesEqual } from "./hash.ts";
import { hashNode, isTreeSize, largestPowerOfTwoBelow } from "./merkle-tree.ts";
import { type HashReader, type LeafRange, readRanges } from "./subtrees.ts";

export interface InclusionClaim {
  index: number;
  /** Of the tree whose root is `root`. */
  size: number;
  leafHash: Hash;
  root: Hash;
}

/** @throws RangeError for an index outside the tree: the caller knows its own log */
export async function proveInclusion(index: number, size: number, reader: HashReader): Promise<Hash[]> {
  if (!isIndexIn(index, size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  return readRanges(siblings(index, size), reader);
}

/** Whatever the numbers and hashes are, and whoever sent them: true only for a proof of exactly this claim. */
export function isInclusionProof(
  proof: readonly Hash[],
  { index, size, leafHash, root }: InclusionClaim,
): boolean {
  if (!isIndexIn(index, size)) return false;
  const ranges = siblings(index, size);
  if (proof.length !== ranges.length) return false;
  const computed = proof.reduce((hash, sibling, i) => {
    const isRight = (ranges[i] as LeafRange).start > index;
    return isRight ? hashNode(hash, sibling) : hashNode(sibling, hash);
  }, leafHash);
  return hashesEqual(computed, root);
}

function siblings(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + largestPowerOfTwoBelow(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

function isIndexIn(index: number, size: number): boolean {
  return isTreeSize(index) && isTreeSize(size) && index < size;
}
