// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { elementsOf, getFloat, getString, getUint, getUints, rawStringsOf } from "./metadata.ts";
import {
  arrayPair,
  type Bytes,
  bytes,
  f32,
  pair,
  rawGguf,
  sparseSource,
  str,
  strPair,
  u8,
  u32,
  u64,
} from "./raw-gguf.test.support.ts";
import { type GgufFile, readGguf } from "./read.ts";
import type { ValueType } from "./value-types.ts";

const readPairs = (...pairs: Uint8Array[]) => readGguf(bytesSource(rawGguf({ pairs })));
const valuesOf = (file: GgufFile, key: string) => {
  const value = file.metadata.get(key);
  return value === undefined ? undefined : [...elementsOf(file, value)];
};
const f64 = (value: number) => {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return out;
};

describe("readGguf", () => {
  it.each<[ValueType, Bytes, unknown]>([
    ["u8", u8(200), 200],
    ["i8", u8(200), -56],
    ["u16", u32(65_535).subarray(0, 2), 65_535],
    ["i16", u32(65_535).subarray(0, 2), -1],
    ["u32", u32(0xffff_ffff), 0xffff_ffff],
    ["i32", u32(0xffff_ffff), -1],
    ["f32", f32(0.1), Math.fround(0.1)],
    ["bool", u8(1), true],
    ["string", str("å語\0\n"), "å語\0\n"],
    ["u64", u64(2n ** 64n - 1n), 2n ** 64n - 1n],
    ["i64", u64(2n ** 64n - 1n), -1n],
    ["f64", f64(0.1), 0.1],
  ])("reads %s without loss, alone and in an array", async (type, one, expected) => {
    const file = await readPairs(
      pair("one", type, one),
      arrayPair("many", type, 3, one, one, one),
      arrayPair("none", type, 0),
    );
    expect(valuesOf(file, "one")).toEqual([expected]);
    expect(valuesOf(file, "many")).toEqual([expected, expected, expected]);
    expect(valuesOf(file, "none")).toEqual([]);
  });

  it("keeps a byte order mark, which is text", async () => {
    expect(getString(await readPairs(strPair("k", "\ufeffx")), "k")).toBe("\ufeffx");
  });

  it("gives absolute offsets behind a custom alignment", async () => {
    const file = await readGguf(
      bytesSource(
        rawGguf({
          pairs: [pair("general.alignment", "u32", u32(256))],
          tensors: [
            { name: "a", dims: [5] },
            { name: "b", dims: [32, 3], type: "Q4_0" },
          ],
          alignment: 256,
        }),
      ),
    );
    expect(file.alignment).toBe(256);
    expect(file.tensors).toEqual([
      { name: "a", dims: [5], type: "F32", offset: 256, sizeBytes: 20 },
      { name: "b", dims: [32, 3], type: "Q4_0", offset: 512, sizeBytes: 54 },
    ]);
  });

  it("reads a header of any size in few reads, of at most 2 MiB, none of them twice", async () => {
    const texts = Array.from({ length: 300_000 }, (_, i) => str(`token number ${i}`));
    const head = rawGguf({ pairs: [arrayPair("tokens", "string", texts.length, Buffer.concat(texts))] });
    const source = sparseSource(head, head.length + 2 ** 32);
    const file = await readGguf(source);
    expect(source.reads.length).toBeLessThanOrEqual(2 + head.length / 2 ** 21);
    expect(source.bytesRead).toBeLessThanOrEqual(head.length + 2 ** 21);
    let end = 0;
    for (const { offset, lengthBytes } of source.reads) {
      expect(offset).toBe(end);
      end += lengthBytes;
    }
    const value = file.metadata.get("tokens");
    expect(value?.count).toBe(300_000);
    if (value === undefined) return;
    const decoder = new TextDecoder();
    let i = 0;
    for (const text of rawStringsOf(value)) if (decoder.decode(text) !== `token number ${i++}`) break;
    expect(i).toBe(300_000);
  });

  it("reads the same whatever falls on the border of two reads", async () => {
    // The first read ends at 256 KiB: let each structure of a header lie across that border in turn.
    const tail = [
      strPair("name", "x"),
      arrayPair("list", "string", 2, str("ab"), str("c")),
      arrayPair("n", "u64", 2, u64(1), u64(2)),
    ];
    const tensors = [{ name: "blk.0.attn_q.weight", dims: [32, 2] }];
    const bare = rawGguf({ pairs: [strPair("pad", ""), ...tail], tensors }).length;
    for (let shift = 0; shift < bare; shift += 1) {
      const padding = "x".repeat(2 ** 18 - shift);
      const file = await readGguf(
        bytesSource(rawGguf({ pairs: [strPair("pad", padding), ...tail], tensors })),
      );
      expect(valuesOf(file, "list")).toEqual(["ab", "c"]);
      expect(valuesOf(file, "n")).toEqual([1n, 2n]);
      expect(file.tensors[0]?.dims).toEqual([32, 2]);
    }
  });
});

describe("the metadata's accessors", () => {
  it("give undefined for a key that is not there", async () => {
    const file = await readPairs();
    expect([getString(file, "k"), getUint(file, "k"), getUints(file, "k"), getFloat(file, "k")]).toEqual(
      new Array(4).fill(undefined),
    );
  });

  it("read whole numbers of any type, alone or one per layer", async () => {
    const file = await readPairs(
      pair("u64", "u64", u64(2 ** 53 - 1)),
      pair("i8", "i8", u8(3)),
      arrayPair("layers", "i32", 2, u32(4), u32(0)),
    );
    expect(getUint(file, "u64")).toBe(2 ** 53 - 1);
    expect(getUint(file, "i8")).toBe(3);
    expect(getUints(file, "layers")).toEqual([4, 0]);
    expect(getUints(file, "i8")).toEqual([3]);
  });

  it.each<[string, Uint8Array, (file: GgufFile) => unknown]>([
    ["a number for a string", pair("k", "u8", u8(1)), (file) => getString(file, "k")],
    ["an array for a number", arrayPair("k", "u8", 1, u8(1)), (file) => getUint(file, "k")],
    ["a string for a number", strPair("k", "1"), (file) => getUint(file, "k")],
    ["a float for a whole number", pair("k", "f32", f32(1)), (file) => getUint(file, "k")],
    ["a number below 0", pair("k", "i64", u64(-1n)), (file) => getUint(file, "k")],
    ["a number above 2^53 - 1", pair("k", "u64", u64(2n ** 53n)), (file) => getUint(file, "k")],
    ["a number below 0 in an array", arrayPair("k", "i8", 2, u8(1), u8(255)), (file) => getUints(file, "k")],
    ["a whole number for a float", pair("k", "u32", u32(1)), (file) => getFloat(file, "k")],
    ["bytes that are no text", strPair("k", new Uint8Array([0x80])), (file) => getString(file, "k")],
  ])("refuse %s", async (_what, raw, get) => {
    const file = await readPairs(raw);
    expect(() => get(file)).toThrow(expect.objectContaining({ name: "LoraError", code: "GGUF_INVALID" }));
  });

  it("find each string of an array, whatever its bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), async (texts) => {
        const file = await readPairs(
          arrayPair("k", "string", texts.length, ...texts.map((text) => str(text))),
        );
        const value = file.metadata.get("k");
        expect(value && [...rawStringsOf(value)].map((text) => bytes(text))).toEqual(
          texts.map((text) => bytes(text)),
        );
      }),
    );
  });
});
