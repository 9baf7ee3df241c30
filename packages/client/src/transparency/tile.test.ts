// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textLeaves } from "./memory-log.test.support.ts";
import { hashLeaf, rootOfHashes } from "./merkle-tree.ts";
import { edgeTiles, tilesBetween } from "./tile.ts";
import { formatTilePath } from "./tile-path.ts";
import { EMPTY_EDGE, growTree, rootOfEdge } from "./tree-edge.ts";

describe("the tiles of a log", () => {
  it("of 70,000 entries are those of the example in C2SP's document", () => {
    const tiles = tilesBetween(0, 70_000);
    const count = (level: number, width: number) =>
      tiles.filter((tile) => tile.level === level && tile.width === width).length;
    expect([count(0, 256), count(0, 112), count(1, 256), count(1, 17), count(2, 1)]).toEqual([
      273, 1, 1, 1, 1,
    ]);
    expect(tiles).toHaveLength(277);
    expect(edgeTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it("of 256 entries are one full tile and one above it", () => {
    expect(tilesBetween(0, 256).map(formatTilePath)).toEqual(["tile/0/000", "tile/1/000.p/1"]);
  });

  it("that an append changes are the ones that it widens or adds", () => {
    expect(tilesBetween(255, 256).map(formatTilePath)).toEqual(["tile/0/000", "tile/1/000.p/1"]);
    expect(tilesBetween(256, 258).map(formatTilePath)).toEqual(["tile/0/001.p/2"]);
    expect(tilesBetween(300, 300)).toEqual([]);
  });

  it("are grown by batches of any size to the root over all leaf hashes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 4 }), (batches) => {
        const hashes = textLeaves(batches.reduce((sum, batch) => sum + batch, 0)).map(hashLeaf);
        let edge = EMPTY_EDGE;
        for (const batch of batches) edge = growTree(edge, hashes.slice(edge.size, edge.size + batch)).edge;
        expect(edge.size).toBe(hashes.length);
        expect(rootOfEdge(edge)).toEqual(rootOfHashes(hashes));
      }),
      { numRuns: 25 },
    );
  });

  it("give every hash once, at its place", () => {
    const { hashes } = growTree(EMPTY_EDGE, textLeaves(600).map(hashLeaf));
    expect(hashes.filter(({ level }) => level === 0).map(({ index }) => index)).toEqual(
      Array.from({ length: 600 }, (_, i) => i),
    );
    const above = hashes.filter(({ level }) => level === 1);
    expect(above.map(({ index }) => index)).toEqual([0, 1]);
    expect(above[1]?.hash).toEqual(rootOfHashes(textLeaves(512).slice(256).map(hashLeaf)));
  });

  it("leave the edge that was given as it was", () => {
    const { edge } = growTree(EMPTY_EDGE, textLeaves(3).map(hashLeaf));
    const root = rootOfEdge(edge);
    growTree(edge, textLeaves(300).map(hashLeaf));
    expect(rootOfEdge(edge)).toEqual(root);
  });
});
