// SPDX-License-Identifier: Apache-2.0
/** Random models of each architecture, as small as llama.cpp takes them, with the tokenizer of tiny-say. */
import { readFile } from "node:fs/promises";
import { bytesSource } from "@lora/client/byte-source";
import {
  encodeGguf,
  encodeTensorData,
  f32Value,
  type GgufTensor,
  type GgufValue,
  readGguf,
  stringValue,
  u32Value,
} from "@lora/client/gguf";
import { ggufName, laidOut } from "../../packages/client/src/convert/gguf-layout.test.support.ts";
import {
  type Matrix,
  randomMatrix,
  randomNumbers,
  SMALL_BASES,
  type SmallBase,
  shapesOf,
} from "../../packages/client/src/convert/peft.test.support.ts";
import { basePath } from "./tiny-say.ts";

/** The tokens of tiny-say. */
const VOCABULARY = 259;
const FIRST_BYTE_TOKEN = 3;

/** As the unit tests have them, but for the vocabulary. */
export const SMALL_MODELS: Readonly<Record<string, SmallBase>> = Object.fromEntries(
  Object.entries(SMALL_BASES).map(([name, base]) => [name, { ...base, vocabulary: VOCABULARY }]),
);

/** Weights by the names of transformers, [out, in]; with embedding, and output where there is one. */
export type Weights = Readonly<Record<string, Matrix>>;

/**
 * Rows of an output of which the likeliest token is a printable character: llama-server gives no probabilities for a
 * token that is a part of one.
 */
export function preferPrintable(output: Matrix): Matrix {
  return output.map((row, token) => {
    const byte = token - FIRST_BYTE_TOKEN;
    return byte >= 0x21 && byte <= 0x7e ? row : row.map((value) => Math.fround(value / 16));
  });
}

export function randomWeights(base: SmallBase, seed: number): Weights {
  const next = randomNumbers(seed);
  const scaled = (rows: number, columns: number) => {
    const size = Math.sqrt(3 / columns);
    return randomMatrix(rows, columns, next).map((row) => row.map((value) => Math.fround(value * size)));
  };
  return {
    "model.embed_tokens": preferPrintable(scaled(VOCABULARY, base.hidden)),
    ...(base.tied ? {} : { lm_head: preferPrintable(scaled(VOCABULARY, base.hidden)) }),
    ...Object.fromEntries(
      Object.entries(shapesOf(base)).map(([module, [out, inFeatures]]) => [module, scaled(out, inFeatures)]),
    ),
  };
}

/** The model as a GGUF file in F32. Norms and biases follow from the shapes, the same for the same base. */
export async function smallModel(base: SmallBase, weights: Weights): Promise<Uint8Array> {
  const architecture = base.modelType.replace("mistral", "llama").replace("_text", "");
  const tokenizer = await readTokenizer();
  const count = (key: string, value: number) => [`${architecture}.${key}`, u32Value(value)] as const;
  const number = (key: string, value: number) => [`${architecture}.${key}`, f32Value(value)] as const;
  const gemma = architecture.startsWith("gemma");
  return encodeGguf({
    metadata: [
      ["general.architecture", stringValue(architecture)],
      count("context_length", 128),
      count("embedding_length", base.hidden),
      count("block_count", base.layers),
      count("feed_forward_length", base.feedForward),
      count("attention.head_count", base.heads),
      count("attention.head_count_kv", base.kvHeads),
      count("attention.key_length", base.headSize),
      count("attention.value_length", base.headSize),
      count("rope.dimension_count", base.headSize),
      number("attention.layer_norm_rms_epsilon", 1e-6),
      number("rope.freq_base", 10_000),
      ...(gemma ? [count("attention.sliding_window", 64)] : []),
      ...(architecture === "gemma2"
        ? [number("attn_logit_softcapping", 50), number("final_logit_softcapping", 30)]
        : []),
      ...tokenizer,
    ],
    tensors: [
      ...Object.entries(weights).map(([module, matrix]) =>
        f32(ggufName(module), laidOut(module, matrix, base)),
      ),
      ...vectorsOf(base, architecture).map(([name, length]) =>
        f32(name, [Array.from({ length }, (_, i) => (name.endsWith("bias") ? 0.1 : 1) + 0.2 * Math.sin(i))]),
      ),
    ],
  });
}

function vectorsOf(base: SmallBase, architecture: string): [name: string, length: number][] {
  const { hidden, heads, kvHeads, headSize } = base;
  const ofBlock: [string, number][] = [
    ["attn_norm.weight", hidden],
    ["ffn_norm.weight", hidden],
  ];
  if (architecture.startsWith("gemma"))
    ofBlock.push(["post_attention_norm.weight", hidden], ["post_ffw_norm.weight", hidden]);
  if (architecture === "gemma3" || architecture === "qwen3")
    ofBlock.push(["attn_q_norm.weight", headSize], ["attn_k_norm.weight", headSize]);
  if (architecture === "qwen2")
    ofBlock.push(
      ["attn_q.bias", heads * headSize],
      ["attn_k.bias", kvHeads * headSize],
      ["attn_v.bias", kvHeads * headSize],
    );
  return [
    ["output_norm.weight", hidden],
    ...Array.from({ length: base.layers }, (_, block) =>
      ofBlock.map(([name, length]): [string, number] => [`blk.${block}.${name}`, length]),
    ).flat(),
  ];
}

function f32(name: string, matrix: Matrix): GgufTensor {
  const dims = [matrix[0]?.length ?? 0, ...(matrix.length === 1 ? [] : [matrix.length])];
  return { name, dims, type: "F32", data: encodeTensorData("F32", Float32Array.from(matrix.flat())) };
}

async function readTokenizer(): Promise<(readonly [string, GgufValue])[]> {
  const { metadata } = await readGguf(bytesSource(await readFile(basePath("v1", "f32"))));
  return [...metadata].filter(([key]) => key.startsWith("tokenizer."));
}
