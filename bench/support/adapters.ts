// SPDX-License-Identifier: Apache-2.0
/** A base model with shapes and no weights, and adapters of random numbers that fit it. */
import { randomFillSync } from "node:crypto";
import { truncateSync, writeFileSync } from "node:fs";
import { writeAdapter } from "../../packages/client/src/formats/gguf/index.ts";
import {
  arrayPair,
  rawHeader,
  str,
  strPair,
  u32Pair,
} from "../../packages/client/src/formats/gguf/raw-gguf.test.support.ts";

const WIDTH = 1024;
const RANK = 64;
const BLOCKS = 31;
const MODULES = ["attn_q", "attn_v"];
const BYTES_F16 = 2;

/** A sparse file: its header is whole, its weights are zeros. */
export function writeBase(path: string): void {
  const { header, dataBytes } = rawHeader({
    pairs: [
      strPair("general.architecture", "llama"),
      u32Pair("llama.embedding_length", WIDTH),
      u32Pair("llama.attention.head_count", 16),
      strPair("tokenizer.ggml.model", "gpt2"),
      arrayPair("tokenizer.ggml.tokens", "string", 2, str("a"), str("b")),
      arrayPair("tokenizer.ggml.token_type", "i32", 2, new Uint8Array([1, 0, 0, 0, 1, 0, 0, 0])),
    ],
    tensors: Array.from({ length: BLOCKS }, (_, block) => [
      ...MODULES.map((module) => ({ name: `blk.${block}.${module}.weight`, dims: [WIDTH, WIDTH] })),
      { name: `blk.${block}.attn_norm.weight`, dims: [WIDTH] },
    ]).flat(),
  });
  writeFileSync(path, header);
  truncateSync(path, header.length + dataBytes);
}

/** 16.3 MB that no compression makes smaller. @returns its size */
export function writeRandomAdapter(path: string): number {
  const tensor = (dims: number[]) => {
    const data = new Uint8Array(WIDTH * RANK * BYTES_F16);
    randomFillSync(data);
    // Exponents below the highest, so that every number is finite and small.
    for (let at = 1; at < data.length; at += 2) data[at] = (data[at] as number) & 0b1011_1111;
    return { type: "F16" as const, dims, data };
  };
  const bytes = writeAdapter({
    architecture: "llama",
    alpha: RANK,
    tensors: Array.from({ length: BLOCKS }, (_, block) =>
      MODULES.map((module) => ({
        base: `blk.${block}.${module}.weight`,
        a: tensor([WIDTH, RANK]),
        b: tensor([RANK, WIDTH]),
      })),
    ).flat(),
  });
  writeFileSync(path, bytes);
  return bytes.length;
}
