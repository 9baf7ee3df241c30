// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { formatTilePath, parseTilePath } from "./tile-path.ts";

describe("tile paths", () => {
  it.each([
    ["tile/0/000", { level: 0, index: 0, width: 256 }],
    ["tile/0/000.p/255", { level: 0, index: 0, width: 255 }],
    ["tile/0/x001/x234/067", { level: 0, index: 1234067, width: 256 }],
    ["tile/15/x455/667", { level: 15, index: 455667, width: 256 }],
    ["tile/15/x123/x456/789.p/41", { level: 15, index: 123456789, width: 41 }],
    ["tile/63/x001/000.p/1", { level: 63, index: 1000, width: 1 }],
    ["tile/entries/000.p/8", { level: "entries", index: 0, width: 8 }],
    ["tile/entries/x123/x456/789", { level: "entries", index: 123456789, width: 256 }],
    ["tile/0/x009/x007/x199/x254/x740/991", { level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 }],
  ] as const)("%s", (path, tile) => {
    expect(formatTilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    "",
    "tile/0",
    "tile/0/",
    "tile/0/0",
    "tile/0/00",
    "tile/0/0000",
    "tile/00/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/data/000",
    "tile/0/x000/001",
    "tile/0/123/456",
    "tile/0/x123",
    "tile/0/x001/",
    "tile/0/x001/x234/067.p",
    "tile/0/x001/x234/067.p/",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/-1",
    "tile/0/000/p/1",
    "/tile/0/000",
    "tile/0/000\n",
    "tile/0/٠٠٠",
    "tile/0/x009/x007/x199/x254/x740/992",
    "tile/63/x999/x999/x999/x999/x999/999.p/255",
    `tile/0/${"x000/".repeat(10_000)}000`,
  ])("refuses %j", (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});
