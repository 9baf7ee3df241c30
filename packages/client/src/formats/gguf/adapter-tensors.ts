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

const BASE_TENSOR = /^(?:[a-z]+\.)?(?:blk\.(?:0|[1-9]\d{0,4})\.)?[a-z][a-z0-9_.]*\.weight$/;
const A = ".lora_a";
const B = ".lora_b";

/** The base's tensor that a tensor of an adapter belongs to; undefined where it is no half of a pair. */
function baseOf(name: string): string | undefined {
  if (!name.endsWith(A) && !name.endsWith(B)) return undefined;
  const base = name.slice(0, -A.length);
  // llama.cpp takes every ".lora_a" out of a name, so a name with two could mean another tensor.
  const sound = BASE_TENSOR.test(base) && !base.includes(".lora_") && !base.endsWith("_norm.weight");
  return sound ? base : undefined;
}

/** `blk.0.attn_q.weight` → `attn_q` */
export function moduleOf(baseTensor: string): string {
  return baseTensor.replace(/\bblk\.\d+\./, "").slice(0, -".weight".length);
}

/** Whether the pair is flipped: llama.cpp decides by the end of the name. */
export function isTokenEmbedding(baseTensor: string): boolean {
  return baseTensor.endsWith("token_embd.weight");
}

/** @throws LoraError ADAPTER_INVALID */
export function pairTensors(file: GgufFile): AdapterTensor[] {
  if (file.tensors.length === 0) throw invalid(file, "is an adapter without tensors");
  const partners = new Map<string, GgufTensorInfo>();
  for (const tensor of file.tensors) {
    const base = baseOf(tensor.name);
    if (base === undefined) throw invalid(file, unexpected(tensor.name));
    if (!isFloatType(tensor.type))
      throw invalid(
        file,
        `has ${quote(tensor.name)} as ${tensor.type}; ${FLOAT_TYPES.join(", ")} can be applied`,
      );
    if (tensor.name.endsWith(B)) partners.set(base, tensor);
  }
  const pairs: AdapterTensor[] = [];
  for (const a of file.tensors) {
    if (!a.name.endsWith(A)) continue;
    const base = a.name.slice(0, -A.length);
    const b = partners.get(base);
    if (b === undefined) throw invalid(file, `has no ${quote(base + B)} to pair with`);
    partners.delete(base);
    pairs.push(pairOf(file, base, a, b));
  }
  for (const base of partners.keys()) throw invalid(file, `has no ${quote(base + A)} to pair with`);
  return pairs;
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
