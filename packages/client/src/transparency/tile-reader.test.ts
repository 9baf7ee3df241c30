// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { formatEntryBundle } from "./entry-bundle.ts";
import { memoryLog, textLeaves, withByte } from "./memory-log.test.support.ts";
import { EMPTY_ROOT, hashLeaf, rootOfHashes } from "./merkle-tree.ts";
import { formatTilePath } from "./tile-path.ts";
import { readEdge, readEntryBundle, type TileReader, tileHashReader } from "./tile-reader.ts";
import { EMPTY_EDGE, growTree, rootOfEdge } from "./tree-edge.ts";

describe("reading tiles", () => {
  const SIZE = 256 * 256 + 256 * 3 + 7;
  const leaves = textLeaves(SIZE);
  const log = memoryLog(leaves);
  const tree = log.tree();
  const readAll = async (tiles: TileReader) => {
    const hashes = tileHashReader(tree, tiles);
    const read = await hashes.readHashes([
      { height: 0, index: 0 },
      { height: 0, index: SIZE - 1 },
      { height: 3, index: 777 },
      { height: 8, index: 258 },
      { height: 16, index: 0 },
    ]);
    return read;
  };

  it("gives the root of any complete subtree", async () => {
    const hash = (start: number, end: number) => rootOfHashes(leaves.slice(start, end).map(hashLeaf));
    expect(await readAll(log)).toEqual([
      hash(0, 1),
      hash(SIZE - 1, SIZE),
      hash(777 * 8, 778 * 8),
      hash(258 * 256, 259 * 256),
      hash(0, 65536),
    ]);
  });

  it("reads each tile once and keeps it", async () => {
    const asked: string[] = [];
    const kept: string[] = [];
    await readAll({
      ...log,
      readTile: (tile) => {
        asked.push(formatTilePath(tile));
        return log.readTile(tile);
      },
      keepTile: async (tile) => {
        kept.push(formatTilePath(tile));
      },
    });
    const paths = [
      "tile/0/000",
      "tile/0/024",
      "tile/0/259.p/7",
      "tile/1/000",
      "tile/1/001.p/3",
      "tile/2/000.p/1",
    ];
    expect(asked.sort()).toEqual(paths);
    expect(kept.sort()).toEqual(paths);
  });

  it("takes the full tile where the partial one is gone", async () => {
    const longer = memoryLog([...leaves, ...textLeaves(256, "more")]);
    const widened: TileReader = {
      ...log,
      readTile: (tile) => longer.readTile({ ...tile, width: tile.level === 0 ? 256 : tile.width }),
    };
    expect(await readAll(widened)).toEqual(await readAll(log));
  });

  it.each([
    [
      "a changed byte in the lowest full tile",
      "tile/0/000",
      (b: Uint8Array) => withByte(b, 99, (x) => x ^ 1),
    ],
    ["a changed byte in a tile above", "tile/1/000", (b: Uint8Array) => withByte(b, 8191, (x) => x ^ 128)],
    ["a changed byte at the edge", "tile/0/259.p/7", (b: Uint8Array) => withByte(b, 0, (x) => x + 1)],
    ["a changed byte at the top", "tile/2/000.p/1", (b: Uint8Array) => withByte(b, 31, (x) => x + 1)],
    ["a tile that is cut off", "tile/0/024", (b: Uint8Array) => b.slice(0, 8160)],
    ["a tile that is too long", "tile/0/024", (b: Uint8Array) => new Uint8Array([...b, 0])],
    ["an endless tile", "tile/0/024", () => new Uint8Array(1 << 20)],
    ["nothing", "tile/1/001.p/3", () => new Uint8Array()],
  ])("refuses %s, and keeps nothing that is wrong", async (_what, path, change) => {
    const kept: string[] = [];
    const lying: TileReader = {
      ...log,
      readTile: async (tile) => {
        const bytes = await log.readTile(tile);
        return formatTilePath(tile) === path ? change(bytes) : bytes;
      },
      keepTile: async (tile) => {
        kept.push(formatTilePath(tile));
      },
    };
    await expect(readAll(lying)).rejects.toMatchObject({ code: "LOG_TILE_INVALID" });
    expect(kept).not.toContain(path);
  });

  it("refuses the tiles of another log of that size", async () => {
    const other = memoryLog(textLeaves(300, "other"));
    const mine = memoryLog(textLeaves(300));
    await expect(
      tileHashReader(mine.tree(), other).readHashes([{ height: 0, index: 0 }]),
    ).rejects.toMatchObject({ code: "LOG_TILE_INVALID" });
  });

  it("gives no hash outside the tree", async () => {
    for (const subtree of [
      { height: 0, index: SIZE },
      { height: 8, index: 259 },
      { height: 17, index: 0 },
    ])
      await expect(log.hashes().readHashes([subtree])).rejects.toThrow(RangeError);
  });

  it("reads the edge from which the log goes on", async () => {
    const edge = await readEdge(log.tree(700), log);
    const grown = growTree(edge, leaves.slice(700, 1100).map(hashLeaf));
    expect(rootOfEdge(grown.edge)).toEqual(log.tree(1100).root);
    expect(await readEdge({ size: 0, root: EMPTY_ROOT }, log)).toEqual(EMPTY_EDGE);
    await expect(readEdge({ size: 700, root: EMPTY_ROOT }, log)).rejects.toMatchObject({
      code: "LOG_TILE_INVALID",
    });
  });

  it("reads the entries of a full and of a partial bundle", async () => {
    expect(await readEntryBundle(2, tree, log)).toEqual(leaves.slice(512, 768));
    expect(await readEntryBundle(259, tree, log)).toEqual(leaves.slice(SIZE - 7));
    await expect(readEntryBundle(260, tree, log)).rejects.toThrow(RangeError);
  });

  it("refuses entries that are not the log's", async () => {
    const lying: TileReader = {
      ...log,
      readEntries: async ({ index, width }) =>
        formatEntryBundle(leaves.slice(index * 256, index * 256 + width).with(3, new Uint8Array([1]))),
    };
    await expect(readEntryBundle(2, tree, lying)).rejects.toMatchObject({ code: "LOG_TILE_INVALID" });
    await expect(readEntryBundle(259, tree, lying)).rejects.toMatchObject({ code: "LOG_TILE_INVALID" });
  });
});
