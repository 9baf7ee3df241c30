// SPDX-License-Identifier: Apache-2.0
/**
 * The tensors of an adapter: pairs `<base tensor>.lora_a`, `<base tensor>.lora_b`, nothing else.
 *
 *     blk.0.attn_q.weight.lora_a          [in, r]             applied as  b · (a · x) · alpha / r
 *     blk.0.attn_q.weight.lora_b          [r, out]
 *     blk.0.ffn_up_exps.weight.lora_a     [in, r, experts]    one pair of matrices per expert
 *     token_embd.weight.lora_a            [r, vocabulary]     flipped: rows of a are looked up by token
 *     token_embd.weight.lora_b            [r, embedding]
 */
import { LoraError } from "../../errors.ts";
import { MAX_RANK } from "../../manifest/index.ts";
import { quote } from "../../names.ts";
import type { GgufTensorInfo } from "./header.ts";
import { MAX_ADAPTER_DIMS } from "./limits.ts";
import type { GgufFile } from "./read.ts";
import { FLOAT_TYPES, isFloatType } from "./tensor-data.ts";

export interface AdapterTensor {
  /** Name of the base's tensor that it changes: `blk.0.attn_q.weight`. */
  readonly base: string;
  readonly rank: number;
  /** Length of the vectors that go in; of `token_embd`, the vocabulary. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Matrices per tensor: 1 but for tensors of experts. */
  readonly experts: number;
  readonly a: GgufTensorInfo;
  readonly b: GgufTensorInfo;
}

const BASE_TENSOR = /^((?:[a-z]+\.)?)(?:blk\.(?:0|[1-9]\d{0,4})\.)?([a-z][a-z0-9_.]*)\.weight$/;
const LORA_TENSOR = /^(.*)\.lora_([ab])$/;

/** `blk.0.attn_q.weight` → `attn_q`; undefined for what is no name of a base's weight. */
export function moduleOf(baseTensor: string): string | undefined {
  // llama.cpp takes every ".lora_a" out of a name, so two names could mean one tensor.
  if (baseTensor.includes(".lora_")) return undefined;
  const [, prefix, module] = BASE_TENSOR.exec(baseTensor) ?? [];
  return module === undefined ? undefined : `${prefix}${module}`;
}

/** Whether the pair is flipped: llama.cpp decides by the end of the name. */
export function isTokenEmbedding(baseTensor: string): boolean {
  return baseTensor.endsWith("token_embd.weight");
}

/** @throws LoraError ADAPTER_INVALID */
export function pairTensors(file: GgufFile): AdapterTensor[] {
  const halves = new Map<string, { a?: GgufTensorInfo; b?: GgufTensorInfo }>();
  for (const tensor of file.tensors) {
    const [, base, half] = LORA_TENSOR.exec(tensor.name) ?? [];
    if (base === undefined || moduleOf(base) === undefined || base.endsWith("_norm.weight"))
      throw invalid(file, unexpected(tensor.name));
    if (!isFloatType(tensor.type))
      throw invalid(
        file,
        `has ${quote(tensor.name)} as ${tensor.type}; ${FLOAT_TYPES.join(", ")} can be applied`,
      );
    const pair = halves.get(base) ?? {};
    pair[half === "a" ? "a" : "b"] = tensor;
    halves.set(base, pair);
  }
  if (halves.size === 0) throw invalid(file, "is an adapter without tensors");
  return Array.from(halves, ([base, { a, b }]) => {
    if (a === undefined || b === undefined)
      throw invalid(file, `has no ${quote(`${base}.lora_${a === undefined ? "a" : "b"}`)} to pair with`);
    return pairOf(file, base, a, b);
  });
}

function pairOf(file: GgufFile, base: string, a: GgufTensorInfo, b: GgufTensorInfo): AdapterTensor {
  const shapes = `${quote(base)}: lora_a is ${shapeOf(a)}, lora_b is ${shapeOf(b)}`;
  for (const { dims } of [a, b])
    if (dims.length < 2 || dims.length > MAX_ADAPTER_DIMS)
      throw invalid(file, `has a pair that is not of two or three dimensions, ${shapes}`);
  const [a0 = 0, a1 = 0, aExperts = 1] = a.dims;
  const [b0 = 0, b1 = 0, bExperts = 1] = b.dims;
  const flipped = isTokenEmbedding(base);
  const rank = flipped ? a0 : a1;
  if (rank !== b0) throw invalid(file, `has a pair of two ranks, ${shapes}`);
  if (rank > MAX_RANK) throw invalid(file, `has a rank above ${MAX_RANK}, ${shapes}`);
  if (aExperts !== bExperts || (flipped && aExperts > 1))
    throw invalid(file, `has a pair for two numbers of experts, ${shapes}`);
  return { base, rank, inFeatures: flipped ? a1 : a0, outFeatures: b1, experts: aExperts, a, b };
}

export function shapeOf({ dims }: { readonly dims: readonly number[] }): string {
  return `[${dims.join(", ")}]`;
}

function unexpected(name: string): string {
  if (/_norm\.weight(\.lora_[ab])?$/.test(name))
    return `has ${quote(name)}, which runtimes ignore without a word; an adapter holds pairs for matrices only`;
  return `has the tensor ${quote(name)}, which is no <base tensor>.weight.lora_a or .lora_b`;
}

function invalid(file: GgufFile, message: string): LoraError {
  return new LoraError("ADAPTER_INVALID", `${file.name} ${message}`, { details: { file: file.name } });
}
