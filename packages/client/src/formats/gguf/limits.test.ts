// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { MAX_RANK } from "../../manifest/index.ts";
import { readAdapter } from "./adapter.ts";
import {
  ADAPTER_LIMITS,
  BASE_LIMITS,
  MAX_ALIGNMENT,
  MAX_TENSOR_DIMS,
  MAX_TENSOR_NAME_BYTES,
} from "./limits.ts";
import {
  ADAPTER_PAIRS,
  arrayPair,
  BASE_PAIRS,
  pair,
  type RawGguf,
  rawAdapter,
  rawBase,
  rawGguf,
  rawHeader,
  sparseSource,
  str,
  strPair,
  u32Pair,
} from "./raw-gguf.test.support.ts";
import { readGguf } from "./read.ts";

/** The code that a file is refused with, or that it was accepted. Data that the header claims is there, as zeros. */
async function outcome(read: "adapter" | "base", content: RawGguf): Promise<string> {
  const { header, dataBytes } = rawHeader(content);
  const source = sparseSource(header, header.length + dataBytes);
  try {
    await (read === "adapter" ? readAdapter(source) : readGguf(source));
    return "accepted";
  } catch (error) {
    if (error instanceof LoraError) return error.code;
    throw error;
  }
}

const fill = (count: number, make: (i: number) => Uint8Array) =>
  Array.from({ length: count }, (_, i) => make(i));
const adapterPairs = (extra: Uint8Array[]) => rawAdapter({ pairs: [...ADAPTER_PAIRS, ...extra] });
const basePairs = (extra: Uint8Array[]) => rawBase({ pairs: [...BASE_PAIRS, ...extra] });
/** Allowed keys, as many as one likes. */
const descriptions = (count: number) =>
  fill(count, (i) => strPair(`general.${i < 1000 ? "base_model" : "dataset"}.${i % 1000}.name`, "x"));
const pairsOf = (base: string, rank: number) => [
  { name: `${base}.lora_a`, dims: [1, rank] },
  { name: `${base}.lora_b`, dims: [rank, 1] },
];
/** A file whose header has `headerBytes`, by texts of at most `textBytes`. */
function ofHeaderBytes(
  headerBytes: number,
  make: (texts: Uint8Array[]) => RawGguf,
  textBytes: number,
): RawGguf {
  const lengthOf = (content: RawGguf) => rawHeader({ ...content, alignment: 1 }).header.length;
  const texts: Uint8Array[] = [];
  let left = headerBytes - lengthOf(make([]));
  while (left > 0) {
    const text = (lengthBytes: number) =>
      strPair(`general.dataset.${texts.length}.description`, new Uint8Array(lengthBytes).fill(0x78));
    const bare = text(0).length;
    // What is left behind it must hold another, or nothing.
    const length = Math.min(textBytes, left - bare <= textBytes ? left - bare : left - 2 * bare);
    texts.push(text(length));
    left -= bare + length;
  }
  const content = make(texts);
  expect(lengthOf(content)).toBe(headerBytes);
  return content;
}

type Case = [limit: string, code: string, met: () => RawGguf, crossed: () => RawGguf];

describe("the limits of an adapter", () => {
  const cases: Case[] = [
    [
      "keys",
      "GGUF_LIMIT",
      () => adapterPairs(descriptions(ADAPTER_LIMITS.maxKeys - ADAPTER_PAIRS.length)),
      () => adapterPairs(descriptions(ADAPTER_LIMITS.maxKeys - ADAPTER_PAIRS.length + 1)),
    ],
    [
      "tensors",
      "GGUF_LIMIT",
      () => rawAdapter({ tensors: manyPairs(ADAPTER_LIMITS.maxTensors) }),
      () => rawAdapter({ tensors: manyPairs(ADAPTER_LIMITS.maxTensors + 2) }),
    ],
    [
      "bytes of the header",
      "GGUF_LIMIT",
      () => ofHeaderBytes(ADAPTER_LIMITS.maxHeaderBytes, adapterPairs, ADAPTER_LIMITS.maxStringBytes),
      () => ofHeaderBytes(ADAPTER_LIMITS.maxHeaderBytes + 1, adapterPairs, ADAPTER_LIMITS.maxStringBytes),
    ],
    [
      "bytes of a string",
      "GGUF_LIMIT",
      () => adapterPairs([strPair("general.name", "x".repeat(ADAPTER_LIMITS.maxStringBytes))]),
      () => adapterPairs([strPair("general.name", "x".repeat(ADAPTER_LIMITS.maxStringBytes + 1))]),
    ],
    [
      "bytes of a string in an array",
      "GGUF_LIMIT",
      () =>
        adapterPairs([
          arrayPair("general.tags", "string", 1, str("x".repeat(ADAPTER_LIMITS.maxStringBytes))),
        ]),
      () =>
        adapterPairs([
          arrayPair("general.tags", "string", 1, str("x".repeat(ADAPTER_LIMITS.maxStringBytes + 1))),
        ]),
    ],
    [
      "elements of an array",
      "GGUF_LIMIT",
      () => adapterPairs([tokens(ADAPTER_LIMITS.maxArrayElements)]),
      () => adapterPairs([tokens(ADAPTER_LIMITS.maxArrayElements + 1)]),
    ],
    ["alignment", "GGUF_LIMIT", () => aligned(MAX_ALIGNMENT), () => aligned(MAX_ALIGNMENT * 2)],
    [
      "bytes of a tensor's name",
      "GGUF_LIMIT",
      () => rawAdapter({ tensors: namedPair(MAX_TENSOR_NAME_BYTES) }),
      () => rawAdapter({ tensors: namedPair(MAX_TENSOR_NAME_BYTES + 1) }),
    ],
    [
      "rank",
      "ADAPTER_INVALID",
      () => rawAdapter({ tensors: pairsOf("blk.0.attn_q.weight", MAX_RANK) }),
      () => rawAdapter({ tensors: pairsOf("blk.0.attn_q.weight", MAX_RANK + 1) }),
    ],
    [
      "dimensions of a pair",
      "ADAPTER_INVALID",
      () => rawAdapter({ tensors: withDims([64, 4, 3], [4, 64, 3]) }),
      () => rawAdapter({ tensors: withDims([64, 4, 3, 1], [4, 64, 3, 1]) }),
    ],
    [
      "bytes of a tensor",
      "GGUF_LIMIT",
      // No file can have 2^53 - 1 bytes of data and a header before them.
      () => rawAdapter({ tensors: withDims([2 ** 50, 1], [1, 1]) }),
      () => rawAdapter({ tensors: withDims([2 ** 51, 1], [1, 1]) }),
    ],
    ["version", "GGUF_INVALID", () => rawAdapter({ version: 3 }), () => rawAdapter({ version: 2 })],
  ];

  it.each(cases)("%s: met exactly, accepted; crossed by one, %s", async (_limit, code, met, crossed) => {
    expect(await outcome("adapter", met())).toBe("accepted");
    expect(await outcome("adapter", crossed())).toBe(code);
  });

  it("lets a file end nowhere but behind its padded data", async () => {
    const whole = rawGguf(rawAdapter());
    await expect(readAdapter(bytesSource(whole))).resolves.toBeDefined();
    for (const bytes of [whole.subarray(0, -1), new Uint8Array([...whole, 0])])
      await expect(readAdapter(bytesSource(bytes))).rejects.toMatchObject({ code: "GGUF_INVALID" });
  });
});

describe("the limits of a base", () => {
  const cases: Case[] = [
    [
      "keys",
      "GGUF_LIMIT",
      () => basePairs(descriptions(BASE_LIMITS.maxKeys - BASE_PAIRS.length).map(unique)),
      () => basePairs(descriptions(BASE_LIMITS.maxKeys - BASE_PAIRS.length + 1).map(unique)),
    ],
    [
      "tensors",
      "GGUF_LIMIT",
      () => rawBase({ tensors: manyPairs(BASE_LIMITS.maxTensors) }),
      () => rawBase({ tensors: manyPairs(BASE_LIMITS.maxTensors + 2) }),
    ],
    [
      "bytes of the header",
      "GGUF_LIMIT",
      () => ofHeaderBytes(BASE_LIMITS.maxHeaderBytes, basePairs, 2 ** 20),
      () => ofHeaderBytes(BASE_LIMITS.maxHeaderBytes + 1, basePairs, 2 ** 20),
    ],
    [
      "bytes of a string",
      "GGUF_LIMIT",
      () => basePairs([strPair("x", new Uint8Array(BASE_LIMITS.maxStringBytes))]),
      () => basePairs([strPair("x", new Uint8Array(BASE_LIMITS.maxStringBytes + 1))]),
    ],
    [
      "elements of an array",
      "GGUF_LIMIT",
      () => basePairs([emptyStrings(BASE_LIMITS.maxArrayElements)]),
      () => basePairs([emptyStrings(BASE_LIMITS.maxArrayElements + 1)]),
    ],
    [
      "dimensions of a tensor",
      "GGUF_LIMIT",
      () => rawBase({ tensors: [{ name: "x", dims: new Array(MAX_TENSOR_DIMS).fill(2) }] }),
      () => rawBase({ tensors: [{ name: "x", dims: new Array(MAX_TENSOR_DIMS + 1).fill(2) }] }),
    ],
    [
      "elements of a tensor",
      "GGUF_LIMIT",
      () => rawBase({ tensors: [{ name: "x", dims: [6361, (2 ** 53 - 1) / 6361], type: "I8" }] }),
      () => rawBase({ tensors: [{ name: "x", dims: [2 ** 26, 2 ** 27], type: "I8" }] }),
    ],
    ["version", "GGUF_INVALID", () => rawBase({ version: 2 }), () => rawBase({ version: 1 })],
  ];

  it.each(cases)("%s: met exactly, accepted; crossed by one, %s", async (_limit, code, met, crossed) => {
    expect(await outcome("base", met())).toBe("accepted");
    expect(await outcome("base", crossed())).toBe(code);
  });

  it("take a tokenizer of 300,000 tokens with 600,000 merges", async () => {
    const list = (key: string, count: number, text: string) => {
      const one = str(text);
      const all = new Uint8Array(count * one.length);
      for (let i = 0; i < count; i += 1) all.set(one, i * one.length);
      return arrayPair(key, "string", count, all);
    };
    const content = basePairs([list("tokens", 300_000, "sevenby"), list("merges", 600_000, "seven bytes")]);
    expect(await outcome("base", content)).toBe("accepted");
  });

  it("take bytes behind the data, and a last tensor without its padding", async () => {
    const whole = rawGguf(rawBase({ tensors: [{ name: "x", dims: [3] }] }));
    for (const bytes of [whole, whole.subarray(0, -20), new Uint8Array([...whole, 0])])
      await expect(readGguf(bytesSource(bytes))).resolves.toBeDefined();
    await expect(readGguf(bytesSource(whole.subarray(0, -21)))).rejects.toMatchObject({
      code: "GGUF_INVALID",
    });
  });
});

function manyPairs(count: number) {
  return Array.from({ length: count / 2 }, (_, i) => pairsOf(`blk.${i}.attn_q.weight`, 1)).flat();
}

function namedPair(nameBytes: number) {
  const base = `blk.0.${"x".repeat(nameBytes - "blk.0..weight.lora_a".length)}.weight`;
  return pairsOf(base, 4);
}

function withDims(a: number[], b: number[]) {
  return [
    { name: "blk.0.attn_q.weight.lora_a", dims: a },
    { name: "blk.0.attn_q.weight.lora_b", dims: b },
  ];
}

function tokens(count: number) {
  return arrayPair("adapter.alora.invocation_tokens", "u32", count, new Uint8Array(4 * count));
}

function emptyStrings(count: number) {
  return arrayPair("x", "string", count, new Uint8Array(8 * count));
}

function aligned(alignment: number): RawGguf {
  return rawAdapter({ pairs: [...ADAPTER_PAIRS, u32Pair("general.alignment", alignment)], alignment });
}

function unique(_pair: Uint8Array, i: number) {
  return pair(`key${i}`, "u8", new Uint8Array(1));
}
