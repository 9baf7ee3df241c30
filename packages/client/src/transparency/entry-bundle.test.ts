// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { formatEntryBundle, MAX_BUNDLE_BYTES, parseEntryBundle } from "./entry-bundle.ts";
import { hashFromHex, textLeaves } from "./memory-log.test.support.ts";
import { formatTile, parseTile, type Tile } from "./tile.ts";

describe("tiles and bundles from outside", () => {
  const onlyLoraErrors = (parse: () => unknown) => {
    try {
      parse();
    } catch (error) {
      expect(error).toBeInstanceOf(LoraError);
      expect(error).toMatchObject({ code: "LOG_TILE_INVALID" });
    }
  };

  it("come back as they were written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 }),
        (entries) => {
          expect(parseEntryBundle(formatEntryBundle(entries), entries.length)).toEqual(entries);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("throw nothing but LoraErrors for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), fc.integer({ min: 1, max: 256 }), (bytes, width) => {
        onlyLoraErrors(() => parseTile(bytes, { level: 0, index: 0, width } satisfies Tile));
        onlyLoraErrors(() => parseEntryBundle(bytes, width));
      }),
    );
  });

  it("are refused when they hold more or fewer entries than they should", () => {
    const three = formatEntryBundle(textLeaves(3));
    expect(parseEntryBundle(three, 3)).toHaveLength(3);
    expect(() => parseEntryBundle(three, 2)).toThrow(LoraError);
    expect(() => parseEntryBundle(three, 4)).toThrow(LoraError);
    expect(() => parseEntryBundle(three.subarray(0, -1), 3)).toThrow(LoraError);
    expect(() => parseEntryBundle(new Uint8Array([...three, 0]), 3)).toThrow(LoraError);
    expect(() => parseEntryBundle(new Uint8Array(2 * 257), 256)).toThrow(LoraError);
  });

  it("hold entries of up to 65,535 bytes", () => {
    const largest = new Uint8Array(0xffff);
    expect(parseEntryBundle(formatEntryBundle([largest]), 1)).toEqual([largest]);
    expect(() => formatEntryBundle([new Uint8Array(0x10000)])).toThrow(RangeError);
    expect(MAX_BUNDLE_BYTES).toBe(256 * 65_537);
  });

  it("keep their hashes when the buffer that they came in is used again", () => {
    const bytes = formatTile([hashFromHex("ab".repeat(32))]);
    const [hash] = parseTile(bytes, { level: 0, index: 0, width: 1 });
    bytes.fill(0);
    expect(hash).toEqual(hashFromHex("ab".repeat(32)));
  });
});
