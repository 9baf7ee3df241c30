// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { readAdapter } from "./adapter.ts";
import {
  ADAPTER_PAIRS,
  ADAPTER_TENSORS,
  arrayPair,
  f32,
  pair,
  type RawGguf,
  rawAdapter,
  rawGguf,
  rawHeader,
  sparseSource,
  str,
  strPair,
  u32,
  u32Pair,
} from "./raw-gguf.test.support.ts";

const fixture = (name: string) =>
  bytesSource(
    new Uint8Array(readFileSync(new URL(`../../../../../test/fixtures/tiny-say/${name}`, import.meta.url))),
    name,
  );
const read = (changes: RawGguf, options = {}) =>
  readAdapter(bytesSource(rawGguf(rawAdapter(changes))), options);
const QVO = ["attn_output", "attn_q", "attn_v"];
const FFN = ["ffn_down", "ffn_gate", "ffn_up"];

describe("readAdapter", () => {
  it.each([
    ["upper", 8, 16, [...QVO, ...FFN]],
    ["shout", 4, 8, [...QVO, "ffn_down"]],
    ["rot13", 16, 32, ["attn_k", ...QVO, ...FFN]],
  ])("reads tiny-say's %s: rank %i, alpha %i", async (name, rank, alpha, targets) => {
    for (const version of ["v1", "v2"]) {
      const source = fixture(`${version}/${name}.gguf`);
      const adapter = await readAdapter(source);
      expect(adapter).toMatchObject({
        architecture: "llama",
        rank,
        alpha,
        targets,
        sizeBytes: source.sizeBytes,
      });
      expect(adapter.tensors).toHaveLength(2 * targets.length);
    }
  });

  it("says where each pair lies and what goes in and out", async () => {
    const { tensors } = await readAdapter(fixture("v1/upper.gguf"));
    expect(tensors[0]).toEqual({
      base: "blk.0.ffn_down.weight",
      rank: 8,
      inFeatures: 176,
      outFeatures: 64,
      experts: 1,
      a: { name: "blk.0.ffn_down.weight.lora_a", dims: [176, 8], type: "F32", offset: 1824, sizeBytes: 5632 },
      b: { name: "blk.0.ffn_down.weight.lora_b", dims: [8, 64], type: "F32", offset: 7456, sizeBytes: 2048 },
    });
  });

  it("takes every allowed key, and gives its value", async () => {
    const { metadata } = await read({
      pairs: [
        ...ADAPTER_PAIRS,
        u32Pair("general.file_type", 1),
        u32Pair("general.quantization_version", 2),
        u32Pair("general.base_model.count", 1),
        strPair("general.base_model.0.name", "tiny-say"),
        strPair("general.base_model.0.repo_url", "https://example.org/tiny-say"),
        strPair("general.license", "apache-2.0"),
        strPair("general.name", "Großbuchstaben"),
        arrayPair("general.tags", "string", 2, str("sql"), str("語")),
        strPair("adapter.lora.task_name", "upper"),
        strPair("adapter.lora.prompt_prefix", "say:\n"),
        arrayPair("adapter.alora.invocation_tokens", "u32", 2, u32(7), u32(4_000_000_000)),
      ],
    });
    expect(metadata).toMatchObject({
      "adapter.lora.alpha": 8,
      "general.name": "Großbuchstaben",
      "general.tags": ["sql", "語"],
      "adapter.alora.invocation_tokens": [7, 4_000_000_000],
    });
    expect(Object.keys(metadata)).toHaveLength(15);
  });

  it("keeps an alpha that is no whole number", async () => {
    const pairs = ADAPTER_PAIRS.toSpliced(3, 1, pair("adapter.lora.alpha", "f32", f32(0.5)));
    expect((await read({ pairs })).alpha).toBe(0.5);
  });

  it("reads the flipped pair of a token embedding", async () => {
    const adapter = await read({
      tensors: [
        { name: "token_embd.weight.lora_a", dims: [4, 259] },
        { name: "token_embd.weight.lora_b", dims: [4, 64] },
      ],
    });
    expect(adapter.targets).toEqual(["token_embd"]);
    expect(adapter.tensors[0]).toMatchObject({ rank: 4, inFeatures: 259, outFeatures: 64 });
  });

  it("reads pairs of experts, of every type that can be applied, in any order", async () => {
    const adapter = await read({
      tensors: [
        { name: "output.weight.lora_b", dims: [32, 100], type: "BF16" },
        { name: "blk.10.ffn_up_exps.weight.lora_b", dims: [32, 100, 8], type: "Q8_0" },
        { name: "output.weight.lora_a", dims: [64, 32], type: "F32" },
        { name: "blk.10.ffn_up_exps.weight.lora_a", dims: [64, 32, 8], type: "F16" },
      ],
    });
    expect(adapter.targets).toEqual(["ffn_up_exps", "output"]);
    expect(adapter.tensors.map(({ base, experts }) => [base, experts])).toEqual([
      ["output.weight", 1],
      ["blk.10.ffn_up_exps.weight", 8],
    ]);
  });

  it("takes pairs of several ranks where they were declared, and gives the highest", async () => {
    const tensors = [
      ...ADAPTER_TENSORS,
      { name: "blk.0.attn_k.weight.lora_a", dims: [64, 9] },
      { name: "blk.0.attn_k.weight.lora_b", dims: [9, 64] },
    ];
    await expect(read({ tensors })).rejects.toMatchObject({ code: "ADAPTER_INVALID" });
    const adapter = await read({ tensors }, { mixedRanks: true });
    expect(adapter.rank).toBe(9);
    expect(adapter.tensors.map(({ rank }) => rank)).toEqual([4, 9]);
  });

  it("says of a base that it is one", async () => {
    for (const name of ["v1/base-f32.gguf", "v1/base-q4_0.gguf"])
      await expect(readAdapter(fixture(name))).rejects.toMatchObject({
        code: "ADAPTER_INVALID",
        message: `${name} is a base model (architecture "llama"), not an adapter`,
      });
  });

  it("reads no weights", async () => {
    const { header, dataBytes } = rawHeader(
      rawAdapter({
        tensors: [
          { name: "output.weight.lora_a", dims: [2 ** 20, 256] },
          { name: "output.weight.lora_b", dims: [256, 2 ** 20] },
        ],
      }),
    );
    const source = sparseSource(header, header.length + dataBytes);
    await readAdapter(source);
    expect(source.sizeBytes).toBeGreaterThan(2 ** 31);
    expect(source.bytesRead).toBeLessThanOrEqual(256 * 1024);
  });
});
