// SPDX-License-Identifier: Apache-2.0
/**
 * The config.json of a base as transformers writes it, as far as shapes and heads follow from it:
 *
 *     {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
 *      "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 128256,
 *      "tie_word_embeddings": false}
 *
 * A key that is missing has the value of transformers' config class, where that value is a rule (the heads of keys are
 * those of queries, a head has hidden / heads) or a constant that published configs rely on (Gemma 3). Heads decide the
 * order of rows, so a missing number of heads is otherwise an error, never a guess.
 */
import { z } from "zod";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { type Architecture, rulesOf } from "./architectures.ts";
import type { ConversionBase } from "./base.ts";
import { unsupportedArchitecture } from "./unsupported.ts";

interface ModelType {
  readonly architecture: Architecture;
  /** `tie_word_embeddings` where the file does not say. */
  readonly tied: boolean;
  /** Whether the heads of keys are those of queries where the file does not say. */
  readonly kvLikeQuery?: boolean;
  /** Whether a head has another size than hidden / heads: then the file must say which. */
  readonly ownHeadSize?: boolean;
  readonly defaults?: Readonly<Record<string, number>>;
}

const GEMMA3: ModelType = {
  architecture: "gemma3",
  tied: true,
  ownHeadSize: true,
  defaults: { num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256, vocab_size: 262_208 },
};

const MODEL_TYPES: Readonly<Record<string, ModelType>> = {
  llama: { architecture: "llama", tied: false, kvLikeQuery: true },
  mistral: { architecture: "llama", tied: false },
  smollm3: { architecture: "smollm3", tied: true },
  qwen2: { architecture: "qwen2", tied: false },
  qwen3: { architecture: "qwen3", tied: false, ownHeadSize: true },
  gemma2: { architecture: "gemma2", tied: true, ownHeadSize: true },
  gemma3: GEMMA3,
  gemma3_text: GEMMA3,
  phi3: { architecture: "phi3", tied: false, kvLikeQuery: true },
};

/** Lengths of vectors, heads, tokens: what llama.cpp counts in 32 bits. */
export const MAX_FEATURES = 2 ** 31 - 1;
/** The largest published models have 126. */
export const MAX_LAYERS = 4096;
const features = z.int().min(1).max(MAX_FEATURES);

const schema = z.looseObject({
  hidden_size: features,
  intermediate_size: features,
  num_hidden_layers: z.int().min(1).max(MAX_LAYERS),
  num_attention_heads: features,
  num_key_value_heads: features.nullish(),
  head_dim: features.nullish(),
  vocab_size: features,
  tie_word_embeddings: z.boolean().optional(),
});

/** @throws LoraError JSON_INVALID, BASE_CONFIG_INVALID, PEFT_UNSUPPORTED for another `model_type` */
export function parseBaseConfig(json: string | Uint8Array, source: string): ConversionBase {
  const outer = parseStrictJson(json, source);
  if (!isObject(outer)) throw invalid(source, "is no object");
  const name = outer.model_type;
  if (typeof name !== "string") throw invalid(source, "names no model_type");
  if (!Object.hasOwn(MODEL_TYPES, name)) throw unsupportedArchitecture(name);
  const { architecture, tied, kvLikeQuery, ownHeadSize, defaults } = MODEL_TYPES[name] as ModelType;
  // Models that also see keep what describes the text apart.
  const inner = isObject(outer.text_config) ? outer.text_config : outer;
  const config = parseWith(schema, { ...defaults, ...inner }, { code: "BASE_CONFIG_INVALID", source });

  const heads = config.num_attention_heads;
  // An explicit null is a rule of all these classes, a missing key of some.
  const kvDefault = kvLikeQuery || config.num_key_value_heads === null ? heads : undefined;
  const kvHeads = config.num_key_value_heads ?? kvDefault;
  if (kvHeads === undefined) throw invalid(source, "gives no num_key_value_heads");
  const headSize = config.head_dim ?? (ownHeadSize ? undefined : config.hidden_size / heads);
  if (headSize === undefined) throw invalid(source, "gives no head_dim");
  if (!Number.isInteger(headSize))
    throw invalid(source, `has a hidden_size of ${config.hidden_size}, which ${heads} heads do not divide`);
  const { alwaysTied } = rulesOf(architecture);
  const tiedEmbedding = alwaysTied || (config.tie_word_embeddings ?? tied);
  const shape = {
    hidden: config.hidden_size,
    feedForward: config.intermediate_size,
    query: heads * headSize,
    key: kvHeads * headSize,
  };
  return {
    architecture,
    headCount: [heads],
    headCountKv: [kvHeads],
    tiedEmbedding,
    tensors: {
      "token_embd.weight": [config.hidden_size, config.vocab_size],
      ...(tiedEmbedding ? {} : { "output.weight": [config.hidden_size, config.vocab_size] }),
      ...blockTensors(architecture, config.num_hidden_layers, shape),
    },
  };
}

/** Dims as GGUF has them: the length of what goes in first. */
function blockTensors(
  architecture: Architecture,
  blocks: number,
  { hidden, feedForward, query, key }: { hidden: number; feedForward: number; query: number; key: number },
): Record<string, readonly number[]> {
  const fused = architecture === "phi3";
  const dims: Readonly<Record<string, readonly number[]>> = {
    attn_q: [hidden, query],
    attn_k: [hidden, key],
    attn_v: [hidden, key],
    attn_qkv: [hidden, query + 2 * key],
    attn_output: [query, hidden],
    ffn_gate: [hidden, feedForward],
    ffn_up: [hidden, fused ? 2 * feedForward : feedForward],
    ffn_down: [feedForward, hidden],
  };
  const names = Object.values(rulesOf(architecture).modules);
  const tensors: Record<string, readonly number[]> = {};
  for (let block = 0; block < blocks; block += 1)
    for (const name of names) tensors[`blk.${block}.${name}.weight`] = dims[name] ?? [];
  return tensors;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(source: string, message: string): LoraError {
  return new LoraError("BASE_CONFIG_INVALID", `${source} ${message}`, { details: { file: source } });
}
