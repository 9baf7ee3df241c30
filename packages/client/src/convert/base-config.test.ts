// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { MAX_FEATURES, MAX_LAYERS, parseBaseConfig } from "./base-config.ts";
import { configOf, SMALL_BASES, type SmallBase } from "./peft.test.support.ts";

const parse = (config: Record<string, unknown>) => parseBaseConfig(JSON.stringify(config), "config.json");
const small = (name: string) =>
  JSON.parse(configOf(SMALL_BASES[name] as SmallBase)) as Record<string, unknown>;

describe("config.json of a base", () => {
  it("gives heads and shapes: Llama 3.1 8B", () => {
    const base = parse({
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      hidden_size: 4096,
      intermediate_size: 14_336,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 128_256,
      tie_word_embeddings: false,
      rope_scaling: { factor: 8 },
    });
    expect(base).toMatchObject({
      architecture: "llama",
      headCount: [32],
      headCountKv: [8],
      tiedEmbedding: false,
    });
    expect(base.tensors).toMatchObject({
      "blk.31.attn_q.weight": [4096, 4096],
      "blk.31.attn_k.weight": [4096, 1024],
      "blk.31.attn_output.weight": [4096, 4096],
      "blk.31.ffn_down.weight": [14_336, 4096],
      "output.weight": [4096, 128_256],
    });
    expect(base.tensors).not.toHaveProperty(["blk.32.attn_q.weight"]);
  });

  it("gives heads of their own size: Mistral Nemo, Qwen3 0.6B", () => {
    const nemo = {
      model_type: "mistral",
      hidden_size: 5120,
      intermediate_size: 14_336,
      num_hidden_layers: 40,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 131_072,
    };
    expect(parse(nemo)).toMatchObject({ architecture: "llama", tiedEmbedding: false });
    expect(parse(nemo).tensors["blk.0.attn_q.weight"]).toEqual([5120, 4096]);
    const qwen = { ...nemo, model_type: "qwen3", hidden_size: 1024, num_attention_heads: 16 };
    expect(parse(qwen).tensors["blk.0.attn_output.weight"]).toEqual([2048, 1024]);
  });

  it("gives fused shapes: Phi 3.5 mini", () => {
    const phi = parse({
      model_type: "phi3",
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      vocab_size: 32_064,
      tie_word_embeddings: false,
    });
    expect(phi.tensors["blk.0.attn_qkv.weight"]).toEqual([3072, 9216]);
    expect(phi.tensors["blk.0.ffn_up.weight"]).toEqual([3072, 16_384]);
    expect(phi.tensors).not.toHaveProperty(["blk.0.attn_q.weight"]);
  });

  it("finds the text in a model that also sees, with the heads that transformers gives it: Gemma 3 4B", () => {
    const gemma = parse({
      model_type: "gemma3",
      vision_config: { hidden_size: 1152 },
      text_config: {
        model_type: "gemma3_text",
        hidden_size: 2560,
        intermediate_size: 10_240,
        num_hidden_layers: 34,
      },
    });
    expect(gemma).toMatchObject({
      architecture: "gemma3",
      headCount: [8],
      headCountKv: [4],
      tiedEmbedding: true,
    });
    expect(gemma.tensors["blk.33.attn_k.weight"]).toEqual([2560, 1024]);
  });

  it.each([
    ["llama", "llama", false],
    ["smollm3", "smollm3", true],
    ["qwen2", "qwen2", false],
    ["gemma2", "gemma2", true],
    ["phi3", "phi3", false],
  ])("%s without a word on tying has the default of its class", (_, name, tied) => {
    const { tie_word_embeddings: _said, ...config } = small(name);
    expect(parse(config).tiedEmbedding).toBe(tied);
  });

  it("takes the heads of queries for those of keys where that is the rule, and never otherwise", () => {
    const { num_key_value_heads: _, ...llama } = small("llama");
    expect(parse(llama).headCountKv).toEqual([8]);
    expect(parse({ ...small("smollm3"), num_key_value_heads: null }).headCountKv).toEqual([8]);
    for (const name of ["mistral with heads of their own size", "smollm3", "qwen2", "qwen3", "gemma2"]) {
      const { num_key_value_heads: _none, ...config } = small(name);
      expect(() => parse(config), name).toThrow(expect.objectContaining({ code: "BASE_CONFIG_INVALID" }));
    }
  });

  it.each(["qwen3", "gemma2"])("does not guess the size of a head of %s", (name) => {
    const { head_dim: _, ...config } = small(name);
    expect(() => parse(config)).toThrow(
      expect.objectContaining({ code: "BASE_CONFIG_INVALID", message: "config.json gives no head_dim" }),
    );
  });

  it(`has at most ${MAX_FEATURES} of anything but layers`, () => {
    for (const key of ["hidden_size", "intermediate_size", "num_attention_heads", "vocab_size"]) {
      const config = { ...small("llama"), head_dim: 8, [key]: MAX_FEATURES };
      expect(parse(config).architecture, key).toBe("llama");
      expect(() => parse({ ...config, [key]: MAX_FEATURES + 1 }), key).toThrow(
        expect.objectContaining({ code: "BASE_CONFIG_INVALID" }),
      );
    }
  });

  it(`has at most ${MAX_LAYERS} layers`, () => {
    expect(parse({ ...small("llama"), num_hidden_layers: MAX_LAYERS }).headCount).toEqual([8]);
    expect(() => parse({ ...small("llama"), num_hidden_layers: MAX_LAYERS + 1 })).toThrow(
      expect.objectContaining({ code: "BASE_CONFIG_INVALID" }),
    );
  });

  it("never ends in anything but a LoraError, whatever the values", () => {
    const key = fc.constantFrom(...Object.keys(small("llama")), "text_config");
    const value = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("llama", "gemma3", 1, 2 ** 31));
    fc.assert(
      fc.property(fc.dictionary(key, value), (changes) => {
        try {
          parse({ ...small("llama"), ...changes });
        } catch (error) {
          expect(error).toBeInstanceOf(LoraError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
