// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blobSource, bytesSource, httpSource } from "../byte-source/index.ts";
import { readGguf } from "../formats/gguf/index.ts";
import {
  ADAPTER_PAIRS,
  ADAPTER_TENSORS,
  arrayPair,
  BASE_PAIRS,
  BASE_TENSORS,
  f32,
  pair,
  type RawGguf,
  type RawTensor,
  rawBase,
  rawGguf,
  rawHeader,
  sparseSource,
  str,
  strPair,
  u32,
  u32Pair,
} from "../formats/gguf/raw-gguf.test.support.ts";
import type { Components } from "./components.ts";
import type { BaseFingerprint } from "./describe-base.ts";
import { fingerprintBase } from "./fingerprint-base.ts";

const fixture = (name: string) =>
  bytesSource(
    new Uint8Array(readFileSync(new URL(`../../../../test/fixtures/tiny-say/${name}`, import.meta.url))),
    name,
  );
const QUANTIZATIONS = ["f32", "f16", "q8_0", "q4_0"];

/** Taken by an independent program, in Python, that follows docs/fingerprint.md. */
const TINY_SAY = {
  v1: {
    fingerprint: "lfp1:ce6a3a5a003926eb50d55aab3567917668355a1e122cd59991cf5a77c7149b7b",
    lineage: "f93bd2c2e0c23d8beb03fd3b9b96512791519283c1f610ff0a08bf1d45a37e83",
  },
  v2: {
    fingerprint: "lfp1:dcc4d26d3e4ff9d79730596a33ac6b41f4aaea963171348d935f50bb2d428d90",
    lineage: "931e03ab1c1435d93248eff78e6ac969b777574486c43145225d561375cc7ee9",
  },
  structure: "6a8e12c919a1ed9ac73ea1ee76b1a2af3420704de403e58e0f7f06b198520197",
  tokenizer: "3d789ac074168b889a51ce389b2b4b6897251473426d0bbb9e542309b37203a6",
};

describe("the fingerprint of tiny-say", () => {
  it.each(["v1", "v2"] as const)(
    "%s is the same in all four quantizations, and so is its record",
    async (version) => {
      const found: BaseFingerprint[] = [];
      for (const quantization of QUANTIZATIONS)
        found.push(await fingerprintBase(fixture(`${version}/base-${quantization}.gguf`)));
      const { fingerprint, lineage } = TINY_SAY[version];
      const components = { structure: TINY_SAY.structure, lineage, tokenizer: TINY_SAY.tokenizer };
      for (const base of found) {
        expect(base).toMatchObject({
          fingerprint,
          architecture: "llama",
          components,
          name: "tiny-say",
          warnings: [],
        });
        expect(base.record).toEqual(found[0]?.record);
      }
      expect(found.map(({ quantization }) => quantization)).toEqual(["F32", "F16", "Q8_0", "Q4_0"]);
    },
  );

  it("comes with what an adapter must know of the base", async () => {
    const { record } = await fingerprintBase(fixture("v1/base-q4_0.gguf"));
    expect(record).toMatchObject({
      v: 1,
      headCount: [4],
      headCountKv: [4],
      embeddingLength: 64,
      trunkBlocks: 2,
      tiedEmbedding: false,
      fusedQkv: false,
      vocabularySize: 259,
      ropeFreqBase: 10_000,
      normEpsilon: Math.fround(1e-5),
      names: ["tiny-say"],
      builds: [],
    });
    expect(record.experts).toBeUndefined();
    expect(Object.keys(record.tensors)).toHaveLength(21);
    expect(record.tensors["blk.1.ffn_down.weight"]).toEqual([176, 64]);
  });
});

describe("the fingerprint of a base", () => {
  it("is the same from a file in a browser and from a web server", async () => {
    const file = readFileSync(
      new URL("../../../../test/fixtures/tiny-say/v1/base-f16.gguf", import.meta.url),
    );
    const answer: typeof fetch = async (_url, init) => {
      const range = new Headers(init?.headers).get("range") ?? "";
      const [, start = 0, last = 0] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).map(Number);
      const end = Math.min(last + 1, file.length);
      const headers = { "content-range": `bytes ${start}-${end - 1}/${file.length}`, etag: '"1"' };
      return new Response(file.subarray(start, end), { status: 206, headers });
    };
    for (const source of [
      blobSource(new Blob([file]), "base-f16.gguf"),
      await httpSource("https://example.org/base-f16.gguf", { fetch: answer }),
    ])
      expect((await fingerprintBase(source)).fingerprint).toBe(TINY_SAY.v1.fingerprint);
  });
});

const componentsOf = async (changes: RawGguf) =>
  (await fingerprintBase(bytesSource(rawGguf(rawBase(changes))))).components;
const without = (key: string) => BASE_PAIRS.filter((each) => !new TextDecoder().decode(each).includes(key));
const withPairs = (...pairs: Uint8Array[]): RawGguf => ({ pairs: [...BASE_PAIRS, ...pairs] });
const instead = (key: string, ...pairs: Uint8Array[]): RawGguf => ({ pairs: [...without(key), ...pairs] });
const withTensors = (...tensors: RawTensor[]): RawGguf => ({ tensors: [...BASE_TENSORS, ...tensors] });
const tokens = (...texts: string[]) =>
  arrayPair("tokenizer.ggml.tokens", "string", texts.length, ...texts.map((text) => str(text)));
const types = (...ids: number[]) =>
  arrayPair("tokenizer.ggml.token_type", "i32", ids.length, ...ids.map(u32));

describe("a fingerprint is the same", () => {
  it.each<[string, RawGguf]>([
    ["under another name", instead("general.name", strPair("general.name", "other"))],
    ["with a chat template", withPairs(strPair("tokenizer.chat_template", "{{ messages }}"))],
    [
      "with another context length and rope scaling",
      withPairs(u32Pair("llama.context_length", 9), pair("llama.rope.scaling.factor", "f32", f32(4))),
    ],
    [
      "with another file type and quantization version",
      withPairs(u32Pair("general.file_type", 15), u32Pair("general.quantization_version", 2)),
    ],
    [
      "with other special tokens",
      withPairs(
        u32Pair("tokenizer.ggml.padding_token_id", 2),
        pair("tokenizer.ggml.add_bos_token", "bool", new Uint8Array([1])),
      ),
    ],
    ["with scores", withPairs(arrayPair("tokenizer.ggml.scores", "f32", 3, f32(1), f32(2), f32(3)))],
    [
      "with another text of a token that is not normal",
      instead("tokenizer.ggml.tokens", tokens("a", "b", "<stop>")),
    ],
    ["with another type of a token that is not normal", instead("token_type", types(1, 1, 5))],
    [
      "with padding of unused tokens",
      instead("tokenizer.ggml.to", tokens("a", "b", "<end>", "[pad]"), types(1, 1, 3, 5)),
    ],
    [
      "with heads once per block",
      instead("head_count", arrayPair("llama.attention.head_count", "i32", 1, u32(4))),
    ],
    [
      "with the number of key/value heads that was implied",
      withPairs(u32Pair("llama.attention.head_count_kv", 4)),
    ],
    ["with its output apart from the embedding", withTensors({ name: "output.weight", dims: [64, 3] })],
    ["with biases", withTensors({ name: "blk.0.attn_q.bias", dims: [64] })],
    [
      "with the scales of a quantization",
      withTensors(
        { name: "blk.0.attn_q.scale", dims: [64, 64] },
        { name: "blk.0.attn_q.input_scale", dims: [64, 64] },
      ),
    ],
    [
      "with frequencies of the rope",
      withTensors(
        { name: "blk.0.rope_freqs.weight", dims: [8, 8] },
        { name: "rope_freqs.weight", dims: [8] },
      ),
    ],
    ["with its tensors in another order", { tensors: BASE_TENSORS.toReversed() }],
    [
      "with its tensors quantized",
      {
        tensors: BASE_TENSORS.map((each) =>
          each.dims.length > 1 ? { ...each, type: "Q8_0" as const } : each,
        ),
      },
    ],
    [
      "with trailing dimensions of 1",
      { tensors: BASE_TENSORS.map((each) => ({ ...each, dims: [...each.dims, 1] })) },
    ],
    ["with another alignment", { ...withPairs(u32Pair("general.alignment", 256)), alignment: 256 }],
    ["as GGUF version 2", { version: 2 }],
  ])("%s", async (_what, changes) => {
    expect(await componentsOf(changes)).toEqual(await componentsOf({}));
  });

  it("with a block for multi-token prediction, and heads given per block", async () => {
    const trunk = [...BASE_TENSORS, { name: "blk.1.attn_q.weight", dims: [64, 32] }];
    const heads = (...counts: number[]) =>
      instead(
        "head_count",
        arrayPair("llama.attention.head_count", "u32", counts.length, ...counts.map(u32)),
      );
    const bare = await componentsOf({ ...heads(4, 2), tensors: trunk });
    const extended = {
      ...heads(4, 2, 8),
      tensors: [
        ...trunk,
        { name: "blk.2.nextn.enorm.weight", dims: [64] },
        { name: "blk.2.attn_norm.weight", dims: [64] },
        { name: "blk.2.attn_q.weight", dims: [64, 64] },
      ],
    };
    expect(await componentsOf(extended)).toEqual(bare);
    const { record, warnings } = await fingerprintBase(bytesSource(rawGguf(rawBase(extended))));
    expect(record).toMatchObject({ trunkBlocks: 2, headCount: [4, 2] });
    expect(warnings).toHaveLength(1);
  });
});

describe("a fingerprint differs", () => {
  it.each<[string, keyof Components, RawGguf]>([
    ["other heads", "structure", instead("head_count", u32Pair("llama.attention.head_count", 8))],
    ["other key/value heads", "structure", withPairs(u32Pair("llama.attention.head_count_kv", 2))],
    ["no heads", "structure", instead("head_count")],
    [
      "another embedding length",
      "structure",
      instead("embedding_length", u32Pair("llama.embedding_length", 32)),
    ],
    [
      "a matrix of another shape",
      "structure",
      {
        tensors: BASE_TENSORS.map((each) =>
          each.name === "blk.0.attn_q.weight" ? { ...each, dims: [64, 32] } : each,
        ),
      },
    ],
    ["one matrix more", "structure", withTensors({ name: "blk.0.attn_k.weight", dims: [64, 64] })],
    ["one norm more", "lineage", withTensors({ name: "blk.0.ffn_norm.weight", dims: [64] })],
    [
      "another tokenizer",
      "tokenizer",
      instead("tokenizer.ggml.model", strPair("tokenizer.ggml.model", "llama")),
    ],
    ["another normal token", "tokenizer", instead("tokenizer.ggml.tokens", tokens("a", "c", "<end>"))],
    [
      "normal tokens with other ids",
      "tokenizer",
      instead("tokenizer.ggml.to", tokens("<end>", "a", "b"), types(3, 1, 1)),
    ],
    ["one normal token more", "tokenizer", instead("token_type", types(1, 1, 1))],
    [
      "text moved from one token to the next",
      "tokenizer",
      instead("tokenizer.ggml.tokens", tokens("ab", "", "<end>")),
    ],
    [
      "another merge",
      "tokenizer",
      instead("merges", arrayPair("tokenizer.ggml.merges", "string", 1, str("b a"))),
    ],
    ["no merges", "tokenizer", instead("merges")],
  ])("by %s, in %s alone", async (_what, component, changes) => {
    const { [component]: before, ...restBefore } = await componentsOf({});
    const { [component]: after, ...restAfter } = await componentsOf(changes);
    expect(after).not.toBe(before);
    expect(restAfter).toEqual(restBefore);
  });

  it("by one bit of a norm, and not by the weights", async () => {
    const file = rawGguf(rawBase());
    const { tensors } = await readGguf(bytesSource(file));
    const flipped = (name: string) => {
      const copy = file.slice();
      const at = tensors.find((tensor) => tensor.name === name)?.offset ?? 0;
      copy[at] = (copy[at] ?? 0) ^ 1;
      return fingerprintBase(bytesSource(copy));
    };
    const { fingerprint } = await fingerprintBase(bytesSource(file));
    expect((await flipped("blk.0.attn_norm.weight")).fingerprint).not.toBe(fingerprint);
    expect((await flipped("output_norm.weight")).fingerprint).not.toBe(fingerprint);
    expect((await flipped("blk.0.attn_q.weight")).fingerprint).toBe(fingerprint);
  });
});

describe("fingerprintBase", () => {
  it("reads the header and the norms of a large file, and nothing else", async () => {
    const texts = Array.from({ length: 150_000 }, (_, i) => str(`token${i}`));
    const blocks = Array.from({ length: 80 }, (_, i): RawTensor[] => [
      { name: `blk.${i}.attn_norm.weight`, dims: [8192] },
      { name: `blk.${i}.attn_q.weight`, dims: [8192, 8192], type: "Q8_0" },
      { name: `blk.${i}.ffn_up.weight`, dims: [8192, 28_672], type: "Q8_0" },
      { name: `blk.${i}.ffn_norm.weight`, dims: [8192] },
    ]);
    const tokenList = arrayPair("tokenizer.ggml.tokens", "string", texts.length, Buffer.concat(texts));
    const { header, dataBytes } = rawHeader({
      pairs: [...without("tokenizer.ggml.to"), tokenList],
      tensors: blocks.flat(),
    });
    const source = sparseSource(header, header.length + dataBytes);
    await fingerprintBase(source);
    const normBytes = 160 * 4 * 8192;
    expect(source.sizeBytes).toBeGreaterThan(20e9);
    expect(source.bytesRead - normBytes).toBeLessThanOrEqual(header.length + 2 * 1024 * 1024);
    const norms = source.reads.filter(({ offset }) => offset >= header.length);
    expect(norms.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(normBytes);
  });

  it("cleans the name, which goes to terminals", async () => {
    const named = instead("general.name", strPair("general.name", `  red \u001b[31m\n${"x".repeat(200)}`));
    const { name, record } = await fingerprintBase(bytesSource(rawGguf(rawBase(named))));
    expect(name).toMatch(/^red {2}\[31m x+$/);
    expect(name).toHaveLength(100);
    expect(record.names).toEqual([name]);
  });

  it("knows a base by its tensors where it does not say its quantization", async () => {
    const { quantization, name } = await fingerprintBase(
      bytesSource(rawGguf({ pairs: without("general.name"), tensors: BASE_TENSORS })),
    );
    expect(quantization).toBe("F32");
    expect(name).toBeUndefined();
  });

  it("says of an adapter that it is one", async () => {
    await expect(fingerprintBase(fixture("v1/upper.gguf"))).rejects.toMatchObject({
      code: "FINGERPRINT_IMPOSSIBLE",
      message: "v1/upper.gguf is an adapter, not a base model",
      hint: "name the model that the adapter was trained on",
    });
  });

  it("says why a base without norms has none", async () => {
    const tensors = BASE_TENSORS.filter(({ name }) => !String(name).includes("norm"));
    await expect(
      fingerprintBase(bytesSource(rawGguf(rawBase({ tensors })), "olmo.gguf")),
    ).rejects.toMatchObject({
      code: "FINGERPRINT_IMPOSSIBLE",
      message: "olmo.gguf has no norm weights, and by them alone two versions of a base are told apart",
    });
  });
});

describe("a base in parts", () => {
  const part = (no: number, count: number, content: RawGguf) => {
    const u16 = (value: number) => new Uint8Array([value, 0]);
    const split = [pair("split.no", "u16", u16(no)), pair("split.count", "u16", u16(count))];
    return bytesSource(
      rawGguf({ ...content, pairs: [...(content.pairs ?? []), ...split] }),
      `part ${no + 1}`,
    );
  };
  const parts = (count = 3) => [
    part(0, count, { pairs: BASE_PAIRS }),
    part(1, count, { tensors: BASE_TENSORS.slice(0, 2) }),
    part(2, count, { tensors: BASE_TENSORS.slice(2) }),
  ];

  it("has the fingerprint of the whole, in whatever order its parts are named", async () => {
    const whole = await fingerprintBase(bytesSource(rawGguf(rawBase())));
    for (const sources of [parts(), parts().toReversed()])
      expect((await fingerprintBase(sources)).record).toEqual(whole.record);
  });

  it.each([
    ["a part missing", parts().slice(0, 2)],
    ["one part alone", parts().slice(0, 1)],
    ["a part named twice", [...parts().slice(0, 2), ...parts().slice(1, 2)]],
    ["parts of another number", parts(4)],
    ["two files that are no parts", [bytesSource(rawGguf(rawBase())), bytesSource(rawGguf(rawBase()))]],
  ])("is refused with %s", async (_what, sources) => {
    await expect(fingerprintBase(sources)).rejects.toMatchObject({ code: "FINGERPRINT_IMPOSSIBLE" });
  });

  it("is refused with a tensor in two parts", async () => {
    const [first, second] = parts(2);
    const again = part(1, 2, { tensors: BASE_TENSORS });
    if (first === undefined || second === undefined) throw new Error("no parts");
    const repeating = [part(0, 2, { pairs: BASE_PAIRS, tensors: BASE_TENSORS }), again];
    await expect(fingerprintBase(repeating)).rejects.toMatchObject({ code: "GGUF_INVALID" });
  });

  it("is not made of an adapter", async () => {
    const adapter = bytesSource(rawGguf({ pairs: ADAPTER_PAIRS, tensors: ADAPTER_TENSORS }));
    await expect(fingerprintBase([adapter])).rejects.toMatchObject({ code: "FINGERPRINT_IMPOSSIBLE" });
  });
});
