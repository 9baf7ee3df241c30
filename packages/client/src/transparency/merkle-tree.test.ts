// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isConsistencyProof, proveConsistency } from "./consistency-proof.ts";
import type { Hash } from "./hash.ts";
import { isInclusionProof, proveInclusion } from "./inclusion-proof.ts";
import { hashFromHex, memoryLog, readVectors, textLeaves, withByte } from "./memory-log.test.support.ts";
import { EMPTY_ROOT, hashLeaf, hashNode, rootOfHashes } from "./merkle-tree.ts";

interface Vectors {
  emptyRoot: string;
  leafHashes: { data: string; hash: string }[];
  nodeHash: { left: string; right: string; hash: string };
  leaves: string[];
  roots: string[];
  inclusion: { index: number; size: number; proof: string[] }[];
  consistency: { oldSize: number; newSize: number; proof: string[] }[];
  publicLog: { index: number; size: number; leafHash: string; root: string; proof: string[] };
}
const vectors = readVectors<Vectors>("rfc6962-tree.json");
const bytesFromHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const reference = memoryLog(vectors.leaves.map(bytesFromHex));
const rootAt = (size: number) => hashFromHex(vectors.roots[size - 1] as string);
const leafHashAt = (index: number) => hashLeaf(bytesFromHex(vectors.leaves[index] as string));

describe("the reference tree of RFC 6962", () => {
  it("has its hashes", () => {
    expect(EMPTY_ROOT).toEqual(hashFromHex(vectors.emptyRoot));
    for (const { data, hash } of vectors.leafHashes)
      expect(hashLeaf(bytesFromHex(data))).toEqual(hashFromHex(hash));
    const { left, right, hash } = vectors.nodeHash;
    expect(hashNode(hashFromHex(left), hashFromHex(right))).toEqual(hashFromHex(hash));
  });

  it("has its root after each leaf", () => {
    vectors.roots.forEach((root, i) => {
      expect(
        rootOfHashes(vectors.leaves.slice(0, i + 1).map((leaf) => hashLeaf(bytesFromHex(leaf)))),
      ).toEqual(hashFromHex(root));
      expect(reference.tree(i + 1).root).toEqual(hashFromHex(root));
    });
  });

  it.each(vectors.inclusion)(
    "has its proof that leaf $index is among $size",
    async ({ index, size, proof }) => {
      expect(await proveInclusion(index, size, reference.hashes(size))).toEqual(proof.map(hashFromHex));
      const claim = { index, size, leafHash: leafHashAt(index), root: rootAt(size) };
      expect(isInclusionProof(proof.map(hashFromHex), claim)).toBe(true);
    },
  );

  it.each(vectors.consistency)(
    "has its proof that $oldSize leaves became $newSize",
    async ({ oldSize, newSize, proof }) => {
      expect(await proveConsistency(oldSize, newSize, reference.hashes(newSize))).toEqual(
        proof.map(hashFromHex),
      );
      const [older, newer] = [oldSize, newSize].map((size) => ({ size, root: rootAt(size) }));
      if (older === undefined || newer === undefined) throw new Error("no trees");
      expect(isConsistencyProof(proof.map(hashFromHex), older, newer)).toBe(true);
    },
  );

  it("is proved in a public log of millions, and at no other place of it", () => {
    const { index, size } = vectors.publicLog;
    const leafHash = hashFromHex(vectors.publicLog.leafHash);
    const root = hashFromHex(vectors.publicLog.root);
    const proof = vectors.publicLog.proof.map(hashFromHex);
    const claim = { index, size, leafHash, root };
    expect(isInclusionProof(proof, claim)).toBe(true);
    for (const wrong of [
      { index: index + 1 },
      { index: index - 1 },
      { index: index ^ 2 },
      { size: size * 2 },
      { size: Math.floor(size / 2) },
      { leafHash: root },
      { root: leafHash },
      { root: EMPTY_ROOT },
    ])
      expect(isInclusionProof(proof, { ...claim, ...wrong }), JSON.stringify(wrong)).toBe(false);
  });
});

const MAX_LEAVES = 600;
const log = memoryLog(textLeaves(MAX_LEAVES));
const other = memoryLog(textLeaves(MAX_LEAVES, "other"));
const leafHashes = textLeaves(MAX_LEAVES).map(hashLeaf);
const sizeAndIndex = fc
  .integer({ min: 1, max: MAX_LEAVES })
  .chain((size) => fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }));
const twoSizes = fc
  .integer({ min: 1, max: MAX_LEAVES })
  .chain((newSize) =>
    fc.record({ newSize: fc.constant(newSize), oldSize: fc.integer({ min: 1, max: newSize }) }),
  );

/** Every way to spoil a list of hashes once. */
function* spoiled(proof: readonly Hash[]): Generator<Hash[]> {
  for (const [i, hash] of proof.entries()) {
    yield proof.with(i, withByte(hash, i % 32, (byte) => byte ^ 1) as Hash);
    yield proof.toSpliced(i, 1);
    yield proof.toSpliced(i, 0, hash);
    const next = proof[i + 1];
    if (next !== undefined) yield proof.with(i, next).with(i + 1, hash);
  }
  yield [...proof, EMPTY_ROOT];
  yield [EMPTY_ROOT, ...proof];
}

describe("inclusion proofs", () => {
  it("verify for every leaf of every size, and nothing near them does", async () => {
    await fc.assert(
      fc.asyncProperty(sizeAndIndex, async ({ size, index }) => {
        const proof = await proveInclusion(index, size, log.hashes(size));
        const claim = { index, size, leafHash: leafHashes[index] as Hash, root: log.tree(size).root };
        expect(isInclusionProof(proof, claim)).toBe(true);
        for (const wrong of spoiled(proof)) expect(isInclusionProof(wrong, claim)).toBe(false);
        for (const wrongIndex of [index - 1, index + 1, index ^ 1, size, -1, 0.5, Number.NaN, 2 ** 64])
          expect(isInclusionProof(proof, { ...claim, index: wrongIndex })).toBe(false);
        expect(isInclusionProof(proof, { ...claim, root: other.tree(size).root })).toBe(false);
        expect(isInclusionProof(proof, { ...claim, leafHash: EMPTY_ROOT })).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("are the audit paths of the RFC's definition", async () => {
    const path = (m: number, hashes: Hash[]): Hash[] => {
      if (hashes.length === 1) return [];
      let k = 1;
      while (k * 2 < hashes.length) k *= 2;
      return m < k
        ? [...path(m, hashes.slice(0, k)), rootOfHashes(hashes.slice(k))]
        : [...path(m - k, hashes.slice(k)), rootOfHashes(hashes.slice(0, k))];
    };
    await fc.assert(
      fc.asyncProperty(sizeAndIndex, async ({ size, index }) => {
        const proof = await proveInclusion(index, size, log.hashes(size));
        expect(proof).toEqual(path(index, leafHashes.slice(0, size)));
      }),
      { numRuns: 50 },
    );
  });

  it("are not made for a leaf outside the tree", async () => {
    await expect(proveInclusion(3, 3, log.hashes(3))).rejects.toThrow(RangeError);
    await expect(proveInclusion(-1, 3, log.hashes(3))).rejects.toThrow(RangeError);
  });
});

describe("consistency proofs", () => {
  it("verify between any two sizes, and nothing near them does", async () => {
    await fc.assert(
      fc.asyncProperty(twoSizes, async ({ oldSize, newSize }) => {
        const [older, newer] = [log.tree(oldSize), log.tree(newSize)];
        const proof = await proveConsistency(oldSize, newSize, log.hashes(newSize));
        expect(isConsistencyProof(proof, older, newer)).toBe(true);
        for (const wrong of spoiled(proof)) expect(isConsistencyProof(wrong, older, newer)).toBe(false);
        expect(isConsistencyProof(proof, other.tree(oldSize), newer)).toBe(false);
        expect(isConsistencyProof(proof, older, other.tree(newSize))).toBe(false);
        if (oldSize !== newSize) {
          expect(isConsistencyProof(proof, newer, older)).toBe(false);
          expect(isConsistencyProof(proof, { ...older, size: oldSize + 1 }, newer)).toBe(false);
          expect(isConsistencyProof(proof, { ...older, size: oldSize - 1 }, newer)).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("from the empty tree are empty, to any tree", () => {
    const empty = { size: 0, root: EMPTY_ROOT };
    expect(isConsistencyProof([], empty, log.tree(5))).toBe(true);
    expect(isConsistencyProof([], empty, empty)).toBe(true);
    expect(isConsistencyProof([EMPTY_ROOT], empty, log.tree(5))).toBe(false);
    expect(isConsistencyProof([], { size: 0, root: log.tree(5).root }, log.tree(5))).toBe(false);
    expect(isConsistencyProof([], empty, { size: 0, root: log.tree(5).root })).toBe(false);
  });

  it("are not made backwards", async () => {
    await expect(proveConsistency(4, 3, log.hashes(4))).rejects.toThrow(RangeError);
  });
});
