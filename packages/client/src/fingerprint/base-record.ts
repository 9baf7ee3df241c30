// SPDX-License-Identifier: Apache-2.0
/**
 * `/bases/<fingerprint>.json`: what is known of a base without having it. An adapter is checked against it, so it
 * holds the shape of every tensor. It comes from a stranger: `assertBaseRecord` recomputes what can be recomputed.
 *
 *     {"v":1,"fingerprint":"lfp1:…","architecture":"llama",
 *      "components":{"structure":"<64 hex>","lineage":"<64 hex>","tokenizer":"<64 hex>"},
 *      "headCount":[4],"headCountKv":[4],"embeddingLength":64,"trunkBlocks":2,
 *      "tensors":{"blk.0.attn_q.weight":[64,64],…},"tiedEmbedding":false,"fusedQkv":false,"vocabularySize":259,
 *      "ropeFreqBase":10000,"normEpsilon":0.00001,"names":["tiny-say"],
 *      "builds":[{"sha256":"<64 hex>","sizeBytes":124960,"quantization":"Q4_0"}]}
 *
 * The components `lineage` and `tokenizer` cannot be recomputed without the model, and the shapes of tensors outside
 * the trunk are in no component: whoever has the model can, and a record that differs from theirs is a lie.
 */
import { z } from "zod";
import { isSha256, type Sha256 } from "../digest.ts";
import { BASE_LIMITS, MAX_TENSOR_DIMS, MAX_TENSOR_NAME_BYTES } from "../formats/gguf/limits.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import type { Components } from "./components.ts";
import { type Fingerprint, isFingerprint } from "./fingerprint.ts";

export const MAX_BASE_NAMES = 100;
export const MAX_BASE_NAME_LENGTH = 100;
export const MAX_BASE_BUILDS = 1000;
export const MAX_BLOCKS = 100_000;

export interface BaseBuild {
  /** Of the whole file. */
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly quantization: string;
}

export interface BaseRecord {
  readonly v: 1;
  readonly fingerprint: Fingerprint;
  readonly architecture: string;
  readonly components: Components;
  /** One number, or one per block of the trunk where they differ; empty for a base without attention. */
  readonly headCount: readonly number[];
  readonly headCountKv: readonly number[];
  readonly embeddingLength: number;
  /** Without those for multi-token prediction. */
  readonly trunkBlocks: number;
  /** Dims of every tensor, contiguous first, without trailing ones; sorted by name. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** The output is the token embedding: no adapter may change either. */
  readonly tiedEmbedding: boolean;
  /** Query, key and value are one tensor, `attn_qkv`. */
  readonly fusedQkv: boolean;
  /** Rows of the token embedding; 0 for a base without one. */
  readonly vocabularySize: number;
  readonly experts?: number | undefined;
  readonly ropeFreqBase?: number | undefined;
  readonly normEpsilon?: number | undefined;
  /** For people only: names that files of this base gave themselves. */
  readonly names: readonly string[];
  readonly builds: readonly BaseBuild[];
}

const sha256 = z.string().refine(isSha256, "is not a sha256 in hex");
const count = z.int().min(0);
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, "has control characters");
const heads = z.array(count).max(MAX_BLOCKS);

export const ARCHITECTURE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** A name that is safe as a key of an object: `__proto__` is none. */
export const BASE_TENSOR_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

export const baseRecordSchema = z.strictObject({
  v: z.literal(1),
  fingerprint: z.string().refine(isFingerprint, "is not a fingerprint"),
  architecture: z.string().regex(ARCHITECTURE, "is not the name of an architecture"),
  components: z.strictObject({ structure: sha256, lineage: sha256, tokenizer: sha256 }),
  headCount: heads,
  headCountKv: heads,
  embeddingLength: z.int().min(1),
  trunkBlocks: z.int().min(1).max(MAX_BLOCKS),
  tensors: z
    .record(
      z.string().max(MAX_TENSOR_NAME_BYTES).regex(BASE_TENSOR_NAME, "is not a tensor name"),
      z.array(z.int().min(1)).min(1).max(MAX_TENSOR_DIMS),
    )
    .refine((v) => Object.keys(v).length <= BASE_LIMITS.maxTensors, "has too many tensors"),
  tiedEmbedding: z.boolean(),
  fusedQkv: z.boolean(),
  vocabularySize: count,
  experts: z.int().min(1).optional(),
  ropeFreqBase: z.number().optional(),
  normEpsilon: z.number().optional(),
  names: z.array(line(MAX_BASE_NAME_LENGTH)).max(MAX_BASE_NAMES),
  builds: z
    .array(z.strictObject({ sha256, sizeBytes: z.int().min(1), quantization: line(40) }))
    .max(MAX_BASE_BUILDS),
});

/**
 * The form only; see `assertBaseRecord` for the rest.
 * @throws LoraError JSON_INVALID, BASE_RECORD_INVALID
 */
export function parseBaseRecord(text: string | Uint8Array, source: string): BaseRecord {
  return parseWith(baseRecordSchema, parseStrictJson(text, source), {
    code: "BASE_RECORD_INVALID",
    source,
  }) as BaseRecord;
}
