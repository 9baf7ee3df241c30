// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from "../../errors.ts";
import { containerFaults } from "./hostile-containers.test.support.ts";
import { ALL_ONES, type HostileFile, hollowFile, hostileFile } from "./hostile-file.test.support.ts";
import { BASE_LIMITS } from "./limits.ts";
import {
  arrayPair,
  f32,
  pair,
  type RawGguf,
  rawAdapter,
  rawBase,
  rawGguf,
  strPair,
  u8,
  u32,
  u32Pair,
  u64,
} from "./raw-gguf.test.support.ts";

const base = (name: string, code: ErrorCode, changes: RawGguf) =>
  hostileFile(name, code, () => rawGguf(rawBase(changes)));
const { pairs: basePairs = [], tensors: baseTensors = [] } = rawBase();
const basePair = (name: string, code: ErrorCode, index: number, ...value: Uint8Array[]) =>
  base(name, code, { pairs: basePairs.toSpliced(index, 1, ...value) });
const baseTensor = (name: string, code: ErrorCode, tensor: NonNullable<RawGguf["tensors"]>[number]) =>
  base(name, code, { tensors: [...baseTensors, tensor] });

export const HOSTILE_BASES: readonly HostileFile[] = [
  ...containerFaults(rawBase, BASE_LIMITS),
  hostileFile("header above its limit", "GGUF_LIMIT", () => {
    const count = BASE_LIMITS.maxArrayElements;
    const lists = ["a", "b", "c", "d"].map((key) => arrayPair(key, "u64", count, new Uint8Array(8 * count)));
    return rawGguf(rawBase({ pairs: lists }));
  }),
  basePair("no architecture", "FINGERPRINT_IMPOSSIBLE", 0),
  basePair(
    "an architecture with a line end",
    "FINGERPRINT_IMPOSSIBLE",
    0,
    strPair("general.architecture", "a\nb"),
  ),
  basePair("an architecture as a number", "GGUF_INVALID", 0, u32Pair("general.architecture", 1)),
  basePair("a name that is not UTF-8", "GGUF_INVALID", 1, strPair("general.name", new Uint8Array([0xff]))),
  basePair("no embedding length", "FINGERPRINT_IMPOSSIBLE", 2),
  basePair("an embedding length of 0", "FINGERPRINT_IMPOSSIBLE", 2, u32Pair("llama.embedding_length", 0)),
  basePair("an embedding length as text", "GGUF_INVALID", 2, strPair("llama.embedding_length", "64")),
  basePair(
    "an embedding length of all ones",
    "GGUF_INVALID",
    2,
    pair("llama.embedding_length", "u64", u64(ALL_ONES)),
  ),
  basePair("heads as f32", "GGUF_INVALID", 3, pair("llama.attention.head_count", "f32", f32(4))),
  basePair("heads below 0", "GGUF_INVALID", 3, pair("llama.attention.head_count", "i32", u32(0xffff_ffff))),
  basePair("no tokenizer", "FINGERPRINT_IMPOSSIBLE", 4),
  basePair("no tokens", "FINGERPRINT_IMPOSSIBLE", 5),
  basePair("tokens as one string", "GGUF_INVALID", 5, strPair("tokenizer.ggml.tokens", "a")),
  basePair(
    "fewer types than tokens",
    "GGUF_INVALID",
    6,
    arrayPair("tokenizer.ggml.token_type", "i32", 1, u32(1)),
  ),
  basePair(
    "types of tokens as f32",
    "GGUF_INVALID",
    6,
    arrayPair("tokenizer.ggml.token_type", "f32", 3, f32(1), f32(1), f32(1)),
  ),
  basePair("merges as numbers", "GGUF_INVALID", 7, arrayPair("tokenizer.ggml.merges", "u8", 1, u8(1))),
  base("one part of three", "FINGERPRINT_IMPOSSIBLE", {
    pairs: [...basePairs, pair("split.count", "u16", new Uint8Array([3, 0]))],
  }),
  base("a projector", "FINGERPRINT_IMPOSSIBLE", { pairs: [...basePairs, strPair("general.type", "mmproj")] }),
  base("no norms", "FINGERPRINT_IMPOSSIBLE", { tensors: [{ name: "blk.0.attn_q.weight", dims: [64, 64] }] }),
  base("no blocks", "FINGERPRINT_IMPOSSIBLE", { tensors: [{ name: "output_norm.weight", dims: [64] }] }),
  baseTensor("a norm as F16", "FINGERPRINT_IMPOSSIBLE", {
    name: "blk.0.ffn_norm.weight",
    dims: [64],
    type: "F16",
  }),
  baseTensor("a block number beyond all counting", "FINGERPRINT_IMPOSSIBLE", {
    name: `blk.${"9".repeat(40)}.attn_q.weight`,
    dims: [64, 64],
  }),
  baseTensor("only blocks for further tokens", "FINGERPRINT_IMPOSSIBLE", {
    name: "blk.0.nextn.enorm.weight",
    dims: [64],
  }),
  baseTensor("a tensor named __proto__", "FINGERPRINT_IMPOSSIBLE", { name: "__proto__", dims: [64, 64] }),
  baseTensor("a tensor named as a path", "FINGERPRINT_IMPOSSIBLE", { name: "../x.weight", dims: [64, 64] }),
  hostileFile("an adapter", "FINGERPRINT_IMPOSSIBLE", () => rawGguf(rawAdapter())),
  hollowFile("a norm of 2 GiB", "FINGERPRINT_IMPOSSIBLE", () =>
    rawBase({ tensors: [...baseTensors, { name: "blk.0.ffn_norm.weight", dims: [2 ** 29] }] }),
  ),
  hollowFile("norms of 64 MiB together", "FINGERPRINT_IMPOSSIBLE", () => {
    const norms = Array.from({ length: 64 }, (_, i) => ({
      name: `blk.${i}.ffn_norm.weight`,
      dims: [2 ** 18],
    }));
    return rawBase({ tensors: [...baseTensors, ...norms] });
  }),
];
