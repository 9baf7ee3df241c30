// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { ByteSource } from "../byte-source/index.ts";
import { dequantize, encodeTensorData, type FloatType } from "../formats/gguf/index.ts";
import { convertTensor } from "./convert-tensor.ts";
import { MAX_RUN_BYTES } from "./convert-tensors.ts";
import { convertPeft } from "./index.ts";
import {
  configOf,
  convert,
  type LoraPair,
  loraTensors,
  type Matrix,
  peftConfig,
  randomPairs,
  readPairs,
  SMALL_BASES,
  type SmallBase,
  tensor,
  weightsOf,
} from "./peft.test.support.ts";

const QWEN = SMALL_BASES.qwen2 as SmallBase;
const LLAMA = SMALL_BASES.llama as SmallBase;
const V_PROJ = "model.layers.0.self_attn.v_proj";

const rounded = (type: FloatType, matrix: Matrix) =>
  matrix.map((row) => [...dequantize(type, encodeTensorData(type, Float32Array.from(row)))]);

/** One module of rank 32, so that all of its rows can be Q8_0. */
function one(pair: LoraPair, dtype: "F32" | "F16" | "BF16" = "F32") {
  return {
    config: peftConfig({ r: 32, lora_alpha: 32 }),
    weights: weightsOf(loraTensors({ [V_PROJ]: pair }, dtype)),
    base: { config: configOf(QWEN) },
  };
}
const pair = randomPairs(QWEN, 32)[V_PROJ] as LoraPair;

describe.each(["F32", "F16", "BF16"] as const)("weights in %s", (dtype) => {
  it.each(["F32", "F16", "BF16", "Q8_0"] as const)(
    "become %s by one rounding of each value",
    async (type) => {
      const { bytes } = await convert({ ...one(pair, dtype), type });
      const found = (await readPairs(bytes)).get("blk.0.attn_v.weight");
      expect(found?.types).toEqual([type, type]);
      expect(found?.a).toEqual(rounded(type, rounded(dtype, pair.a)));
      expect(found?.b).toEqual(rounded(type, rounded(dtype, pair.b)));
    },
  );
});

describe("types", () => {
  it("are F16 unless asked for", async () => {
    const { bytes, conversion } = await convert(one(pair));
    expect((await readPairs(bytes)).get("blk.0.attn_v.weight")?.types).toEqual(["F16", "F16"]);
    expect(conversion.type).toBe("F16");
    expect(conversion.adapter.metadata["general.file_type"]).toBe(1);
  });

  it("fall back from Q8_0 to F16 where rows are no multiple of 32, and say so", async () => {
    const { bytes, conversion } = await convert({
      config: peftConfig(),
      weights: weightsOf(loraTensors(randomPairs(QWEN, 4))),
      base: { config: configOf(QWEN) },
      type: "Q8_0",
    });
    for (const [base, { types }] of await readPairs(bytes)) expect(types, base).toEqual(["Q8_0", "F16"]);
    expect(conversion.notes).toEqual([
      "14 tensors are F16: their rows are no multiple of 32, which Q8_0 needs",
    ]);
  });

  it("move rows without a change of bits where the type stays", async () => {
    const pairs = randomPairs(LLAMA, 4);
    for (const dtype of ["F32", "F16", "BF16"] as const) {
      const request = { config: peftConfig(), base: { config: configOf(LLAMA) }, type: dtype };
      const { bytes } = await convert({ ...request, weights: weightsOf(loraTensors(pairs, dtype)) });
      const found = (await readPairs(bytes)).get("blk.1.attn_q.weight");
      const { b } = pairs["model.layers.1.self_attn.q_proj"] as LoraPair;
      expect(found?.b.toSorted()).toEqual(rounded(dtype, b).toSorted());
      expect(found?.b).not.toEqual(rounded(dtype, b));
    }
  });

  it.each([
    ["F32", 65_504, "F16", true],
    ["F32", 65_520, "F16", false],
    ["F32", 3.4e38, "F32", true],
    ["F32", 3.4e38, "BF16", false],
    ["BF16", 2 ** 17, "F16", false],
    ["BF16", 2 ** 17, "BF16", true],
    ["F32", 8_000_000, "Q8_0", true],
    ["F32", 9_000_000, "Q8_0", false],
  ] as const)("%s of %d to %s: possible %s", async (dtype, value, type, possible) => {
    const a = [[value, ...(pair.a[0] ?? []).slice(1)], ...pair.a.slice(1)];
    const converting = convert({ ...one({ ...pair, a }, dtype), type });
    if (possible) await expect(converting).resolves.toBeDefined();
    else
      await expect(converting).rejects.toMatchObject({
        code: "PEFT_UNSUPPORTED",
        message: expect.stringMatching(/lora_A.weight" has values that \w+ cannot hold$/),
        hint: dtype === "BF16" && type === "F16" ? "convert to BF16" : "convert to F32",
      });
  });

  it.each([
    ["F32", Number.NaN, "F32"],
    ["F32", Number.POSITIVE_INFINITY, "F16"],
    ["F16", Number.NEGATIVE_INFINITY, "F16"],
    ["F16", Number.NaN, "Q8_0"],
    ["BF16", Number.NaN, "BF16"],
    ["BF16", Number.NaN, "F16"],
  ] as const)("refuses weights in %s with %d, for %s", async (dtype, value, type) => {
    for (const at of [0, 1, 2, 3]) {
      const b = pair.b.map((row, i) => (i === 5 ? row.map((v, j) => (j === 28 + at ? value : v)) : row));
      await expect(convert({ ...one({ ...pair, b }, dtype), type })).rejects.toMatchObject({
        code: "PEFT_INVALID",
        message: expect.stringContaining("has a value that is no finite number"),
      });
    }
  });
});

it.each(["F16", "BF16"] as const)(
  "sees what is no number where values of %s do not come in pairs",
  (dtype) => {
    const layout = { rows: 1, columns: 3, toRows: 1, toColumns: 3 };
    const info = { name: "odd", dtype, shape: [1, 3], offset: 0, sizeBytes: 6 } as const;
    const converted = (values: number[]) =>
      convertTensor(
        encodeTensorData(dtype, Float32Array.from(values)),
        { tensor: info, layout, factor: 1, type: dtype },
        "weights",
      );
    expect(converted([1, 2, 3])).toHaveLength(6);
    for (const values of [
      [Number.NaN, 1, 2],
      [1, Number.NaN, 2],
      [1, 2, Number.NaN],
    ])
      expect(() => converted(values)).toThrow(expect.objectContaining({ code: "PEFT_INVALID" }));
  },
);

describe("a conversion", () => {
  /** Many tensors, 5.2 MB in all, as files have them: sorted by name. */
  const layers = 16;
  const base: SmallBase = { ...QWEN, layers, feedForward: 1024 };
  const tensors = loraTensors(randomPairs(base, 32), "F16");

  function watched(): { source: ByteSource; reads: (readonly [number, number])[] } {
    const inner = weightsOf(tensors);
    const reads: (readonly [number, number])[] = [];
    const read: ByteSource["read"] = (offset, lengthBytes, into) => {
      reads.push([offset, lengthBytes]);
      const result = inner.read(offset, lengthBytes);
      if (into === undefined) return result;
      return result.then((bytes) => {
        into.set(bytes);
        return into;
      });
    };
    return { source: { name: inner.name, sizeBytes: inner.sizeBytes, read }, reads };
  }
  const request = { config: peftConfig({ r: 32 }), base: { config: configOf(base) } };

  it("reads no weights before its chunks are taken, and then each byte once, a run at a time", async () => {
    const { source, reads } = watched();
    const conversion = await convertPeft({ ...request, weights: source });
    const header = reads.reduce((end, [offset, length]) => Math.max(end, offset + length), 0);
    expect(header).toBeLessThan(65_536);
    reads.length = 0;
    let written = 0;
    for await (const chunk of conversion.chunks()) written += chunk.length;
    expect(written).toBe(conversion.sizeBytes);
    expect(Math.max(...reads.map(([, length]) => length))).toBeLessThanOrEqual(MAX_RUN_BYTES);
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(source.sizeBytes - header);
    // Attention and feed-forward of a layer lie together each.
    expect(reads.length).toBeLessThanOrEqual(2 * layers);
  });

  it("gives the same bytes from a source that uses its memory again as from one that does not", async () => {
    const { bytes } = await convert({ ...request, weights: weightsOf(tensors) });
    const { bytes: reused } = await convert({ ...request, weights: watched().source });
    expect(Buffer.from(reused).equals(bytes)).toBe(true);
  });

  it("gives the same bytes for weights in another order", async () => {
    // In F32, one tensor more in front: everything else lies elsewhere.
    const [first, ...rest] = tensors;
    if (first === undefined) throw new Error("no tensors");
    const values = dequantize("F16", first.data);
    const moved = [{ ...first, dtype: "F32", data: encodeTensorData("F32", values) } as const, ...rest];
    const { bytes } = await convert({ ...request, weights: weightsOf(tensors) });
    const { bytes: other } = await convert({ ...request, weights: weightsOf(moved) });
    expect(Buffer.from(other).equals(bytes)).toBe(true);
  });

  it("stops where its consumer stops", async () => {
    const { source, reads } = watched();
    const conversion = await convertPeft({ ...request, weights: source });
    const before = reads.length;
    for await (const _ of conversion.chunks()) break;
    expect(reads.length).toBe(before);
  });

  it("pads smaller ranks with zeros, which it says, and leaves out copies of the base", async () => {
    const untied = SMALL_BASES["qwen2, untied"] as SmallBase;
    const pairs = randomPairs(untied, (module) => (module.endsWith("o_proj") ? 2 : 4));
    const copy = Array.from({ length: untied.vocabulary }, () => new Array<number>(untied.hidden).fill(0.5));
    const head = { a: (pairs[V_PROJ] as LoraPair).a, b: copy.map((row) => row.slice(0, 4)) };
    const { conversion, bytes } = await convert({
      config: peftConfig({ rank_pattern: { o_proj: 2 } }),
      weights: weightsOf([
        ...loraTensors({ ...pairs, lm_head: head }),
        tensor("base_model.model.lm_head.base_layer.weight", copy),
      ]),
      base: { config: configOf(untied) },
      type: "F32",
    });
    expect(conversion.notes).toEqual([
      "2 of 15 modules have another scaling, which is now in their lora_b",
      "2 of 15 modules have a rank below 4 and were padded with zeros",
      "left out base_model.model.lm_head.base_layer.weight: the base's own weights",
    ]);
    const padded = (await readPairs(bytes)).get("blk.0.attn_output.weight");
    expect(
      padded?.a
        .slice(2)
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
    expect(padded?.b.every((row) => row[2] === 0 && row[3] === 0)).toBe(true);
    expect(padded?.a.slice(0, 2)).toEqual(pairs["model.layers.0.self_attn.o_proj"]?.a);
  });
});
