// SPDX-License-Identifier: Apache-2.0
/** For tests: small random adapters as PEFT saves them, and the matrices of the files that come out. */
import { type ByteSource, bytesSource } from "../byte-source/index.ts";
import {
  dequantize,
  encodeTensorData,
  type FloatType,
  isFloatType,
  readAdapter,
  readTensorData,
} from "../formats/gguf/index.ts";
import { type Dtype, type SafetensorsContent, writeSafetensors } from "../formats/safetensors/index.ts";
import { convertPeft, type PeftConversion, type PeftRequest } from "./index.ts";

/** Rows of numbers, as transformers has weights: [out, in]. */
export type Matrix = readonly (readonly number[])[];

/** Numbers from -1 to 1 that single precision holds, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (((state ^ (state >>> 12)) >>> 8) / 2 ** 23) * 1 - 1;
  };
}

export function randomMatrix(rows: number, columns: number, next: () => number): Matrix {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(next())));
}

export function product(x: Matrix, y: Matrix): Matrix {
  return x.map((row) =>
    (y[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (y[k]?.[j] ?? 0), 0)),
  );
}

/** `x + factor · y`. */
export function sum(x: Matrix, y: Matrix, factor: number): Matrix {
  return x.map((row, i) => row.map((value, j) => value + factor * (y[i]?.[j] ?? 0)));
}

export function transpose(x: Matrix): Matrix {
  return (x[0] ?? []).map((_, j) => x.map((row) => row[j] ?? 0));
}

/** The largest difference of two matrices of one shape, as a part of the largest number. */
export function relativeDifference(x: Matrix, y: Matrix): number {
  if (x.length !== y.length || x[0]?.length !== y[0]?.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...y.flat().map(Math.abs));
  return (
    Math.max(...x.flatMap((row, i) => row.map((value, j) => Math.abs(value - (y[i]?.[j] ?? 0))))) / largest
  );
}

export interface SmallBase {
  readonly modelType: string;
  readonly hidden: number;
  readonly feedForward: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  readonly tied: boolean;
}

/** The proportions of published models: grouped queries, heads that are not hidden / heads, tied and not. */
export const SMALL_BASES: Readonly<Record<string, SmallBase>> = Object.fromEntries(
  (
    [
      ["llama", "llama", 64, 160, 8, 2, 8, false],
      ["llama, tied, one head of keys", "llama", 48, 96, 6, 1, 8, true],
      ["mistral with heads of their own size", "mistral", 64, 128, 4, 2, 32, false],
      ["smollm3", "smollm3", 64, 160, 8, 2, 8, true],
      ["smollm3, untied", "smollm3", 48, 96, 6, 2, 8, false],
      ["qwen2", "qwen2", 64, 160, 4, 2, 16, true],
      ["qwen2, untied", "qwen2", 64, 160, 4, 2, 16, false],
      ["qwen3", "qwen3", 64, 96, 4, 2, 32, false],
      ["qwen3, tied", "qwen3", 64, 96, 4, 1, 32, true],
      ["gemma2", "gemma2", 64, 192, 4, 2, 32, true],
      ["gemma3", "gemma3_text", 64, 192, 4, 1, 32, true],
      ["phi3", "phi3", 96, 256, 6, 3, 16, false],
      ["phi3, tied", "phi3", 96, 256, 6, 2, 16, true],
    ] as const
  ).map(([name, modelType, hidden, feedForward, heads, kvHeads, headSize, tied]) => [
    name,
    { modelType, hidden, feedForward, layers: 2, heads, kvHeads, headSize, vocabulary: 40, tied },
  ]),
);

/** As transformers writes it. */
export function configOf(base: SmallBase): string {
  return JSON.stringify({
    model_type: base.modelType,
    hidden_size: base.hidden,
    intermediate_size: base.feedForward,
    num_hidden_layers: base.layers,
    num_attention_heads: base.heads,
    num_key_value_heads: base.kvHeads,
    head_dim: base.headSize,
    vocab_size: base.vocabulary,
    tie_word_embeddings: base.tied,
  });
}

/** [out, in] of each linear module, by the name that transformers gives it. */
export function shapesOf(base: SmallBase): Record<string, readonly [out: number, inFeatures: number]> {
  const { hidden, feedForward, heads, kvHeads, headSize } = base;
  const [query, key] = [heads * headSize, kvHeads * headSize];
  const ofLayer: Record<string, readonly [number, number]> =
    base.modelType === "phi3"
      ? {
          "self_attn.qkv_proj": [query + 2 * key, hidden],
          "self_attn.o_proj": [hidden, query],
          "mlp.gate_up_proj": [2 * feedForward, hidden],
          "mlp.down_proj": [hidden, feedForward],
        }
      : {
          "self_attn.q_proj": [query, hidden],
          "self_attn.k_proj": [key, hidden],
          "self_attn.v_proj": [key, hidden],
          "self_attn.o_proj": [hidden, query],
          "mlp.gate_proj": [feedForward, hidden],
          "mlp.up_proj": [feedForward, hidden],
          "mlp.down_proj": [hidden, feedForward],
        };
  return Object.fromEntries(
    Array.from({ length: base.layers }, (_, layer) =>
      Object.entries(ofLayer).map(([module, shape]) => [`model.layers.${layer}.${module}`, shape] as const),
    ).flat(),
  );
}

export interface LoraPair {
  readonly a: Matrix;
  readonly b: Matrix;
}

/** @param ranks for each module its own, or one for all */
export function randomPairs(
  base: SmallBase,
  ranks: number | ((module: string) => number),
  seed = 1,
): Record<string, LoraPair> {
  const next = randomNumbers(seed);
  return Object.fromEntries(
    Object.entries(shapesOf(base)).map(([module, [out, inFeatures]]) => {
      const rank = typeof ranks === "number" ? ranks : ranks(module);
      return [module, { a: randomMatrix(rank, inFeatures, next), b: randomMatrix(out, rank, next) }];
    }),
  );
}

/** An embedding's pair: a is [r, vocabulary], b is [hidden, r]. */
export function randomEmbeddingPair({ vocabulary, hidden }: SmallBase, rank: number, seed = 2): LoraPair {
  const next = randomNumbers(seed);
  return { a: randomMatrix(rank, vocabulary, next), b: randomMatrix(hidden, rank, next) };
}

type Tensor = SafetensorsContent["tensors"][number];

export function tensor(name: string, matrix: Matrix, dtype: Dtype = "F32"): Tensor {
  const values = Float32Array.from(matrix.flat());
  return {
    name,
    dtype,
    shape: [matrix.length, matrix[0]?.length ?? 0],
    data: encodeTensorData(dtype, values),
  };
}

export function loraTensors(pairs: Readonly<Record<string, LoraPair>>, dtype: Dtype = "F32"): Tensor[] {
  return Object.entries(pairs).flatMap(([module, { a, b }]) => {
    const [nameOfA, nameOfB] = module.endsWith("embed_tokens")
      ? ["lora_embedding_A", "lora_embedding_B"]
      : ["lora_A.weight", "lora_B.weight"];
    return [
      tensor(`base_model.model.${module}.${nameOfA}`, a, dtype),
      tensor(`base_model.model.${module}.${nameOfB}`, b, dtype),
    ];
  });
}

/** adapter_config.json with what PEFT always writes. */
export function peftConfig(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    r: 4,
    lora_alpha: 8,
    bias: "none",
    ...changes,
  });
}

export function weightsOf(tensors: readonly Tensor[], name = "adapter_model.safetensors"): ByteSource {
  return bytesSource(writeSafetensors({ metadata: { format: "pt" }, tensors }), name);
}

export interface Converted {
  readonly conversion: PeftConversion;
  readonly bytes: Uint8Array;
}

export async function convert(request: PeftRequest): Promise<Converted> {
  const conversion = await convertPeft(request);
  const chunks: Uint8Array[] = [];
  for await (const chunk of conversion.chunks()) chunks.push(chunk.slice());
  return { conversion, bytes: Buffer.concat(chunks) };
}

/** What llama.cpp reads: each pair by the base's tensor, with what their product is multiplied by. */
export async function readPairs(
  bytes: Uint8Array,
): Promise<Map<string, LoraPair & { factor: number; types: readonly FloatType[] }>> {
  const source = bytesSource(bytes, "adapter.gguf");
  const { tensors, alpha } = await readAdapter(source);
  const pairs = new Map<string, LoraPair & { factor: number; types: FloatType[] }>();
  for (const { base, a, b, rank } of tensors) {
    const [matrixA, matrixB] = await Promise.all(
      [a, b].map(async (info) => {
        if (!isFloatType(info.type)) throw new Error(info.type);
        const values = dequantize(info.type, await readTensorData(source, info));
        const [columns = 0, rows = 0] = info.dims;
        return Array.from({ length: rows }, (_, row) => [
          ...values.subarray(row * columns, (row + 1) * columns),
        ]);
      }),
    );
    if (matrixA === undefined || matrixB === undefined) throw new Error(base);
    pairs.set(base, {
      a: matrixA,
      b: matrixB,
      factor: alpha / rank,
      types: [a.type, b.type].filter(isFloatType),
    });
  }
  return pairs;
}
