// SPDX-License-Identifier: Apache-2.0
/**
 * The Merkle tree of RFC 6962 §2.1 over SHA-256. A leaf and a node are hashed behind different first bytes, so that
 * neither passes for the other; n leaves split at the largest power of two below n.
 *
 *     MTH({})     = SHA-256()                                   e3b0c442…
 *     MTH({d})    = SHA-256(00 ‖ d)
 *     MTH(D[n])   = SHA-256(01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n]))     k < n ≤ 2k
 *
 *           7 leaves:        root
 *                      ┌──────┴──────┐
 *                    0…3           4…6          k = 4, then 2, then 1
 *                   ┌─┴─┐        ┌──┴──┐
 *                 0,1   2,3    4,5     6
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Hash } from "./hash.ts";

/** A tree's size and an index are numbers, so they are exact up to here. Any log is far smaller. */
export const MAX_TREE_SIZE = Number.MAX_SAFE_INTEGER;

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

export const EMPTY_ROOT = sha256(new Uint8Array()) as Hash;

/** A log at one moment: what a checkpoint commits to. */
export interface Tree {
  /** Leaves, 0 to MAX_TREE_SIZE. */
  size: number;
  root: Hash;
}

export function hashLeaf(data: Uint8Array): Hash {
  return sha256.create().update(LEAF_PREFIX).update(data).digest() as Hash;
}

export function hashNode(left: Hash, right: Hash): Hash {
  return sha256.create().update(NODE_PREFIX).update(left).update(right).digest() as Hash;
}

/** The root over leaf hashes, or over the hashes of equally large complete subtrees. */
export function rootOfHashes(hashes: readonly Hash[]): Hash {
  const [first] = hashes;
  if (first === undefined) return EMPTY_ROOT;
  if (hashes.length === 1) return first;
  const split = largestPowerOfTwoBelow(hashes.length);
  return hashNode(rootOfHashes(hashes.slice(0, split)), rootOfHashes(hashes.slice(split)));
}

/** @param n at least 2. Counted up, because a logarithm is not exact near 2^53. */
export function largestPowerOfTwoBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

export function isTreeSize(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}
