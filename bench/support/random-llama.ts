// SPDX-License-Identifier: Apache-2.0
/** A Llama of random weights as large as asked, in Q4_0, with tiny-say's tokenizer: for speed alone, it says nonsense. */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { ByteSource } from "../../packages/client/src/byte-source/index.ts";
import { openFileSource } from "../../packages/client/src/file-source/index.ts";
import { encodeGgufHeader, f32Value, u32Value } from "../../packages/client/src/formats/gguf/encode.ts";
import { floatToHalf } from "../../packages/client/src/formats/gguf/float16.ts";
import { type GgufValue, readGguf, TENSOR_TYPES } from "../../packages/client/src/formats/gguf/index.ts";
import { basePath } from "../../test/support/tiny-say.ts";

const WIDTH = 1536;
const HEADS = 12;
const KV_WIDTH = 512;
const FFN_WIDTH = 5120;
const LAYERS = 18;
const CONTEXT = 2048;
const Q4 = TENSOR_TYPES.Q4_0;
const ROWS_AT_ONCE = 64;
/** tiny-say's vocabulary: three control tokens, then the 256 bytes. */
const FIRST_BYTE_TOKEN = 3;

/** By the name of the base's tensor: what goes in and what comes out. */
export const SHAPES: Readonly<Record<string, readonly [number, number]>> = Object.fromEntries(
  Array.from({ length: LAYERS }, (_, layer) =>
    Object.entries({
      attn_q: [WIDTH, WIDTH],
      attn_k: [WIDTH, KV_WIDTH],
      attn_v: [WIDTH, KV_WIDTH],
      attn_output: [WIDTH, WIDTH],
      ffn_gate: [WIDTH, FFN_WIDTH],
      ffn_up: [WIDTH, FFN_WIDTH],
      ffn_down: [FFN_WIDTH, WIDTH],
    } as const).map(([name, shape]) => [`blk.${layer}.${name}.weight`, shape] as const),
  ).flat(),
);

/** @returns its parameters */
export async function writeRandomLlama(path: string): Promise<number> {
  await using source: ByteSource & AsyncDisposable = await openFileSource(basePath("v1", "f32"));
  const { metadata } = await readGguf(source);
  const changed: Record<string, GgufValue> = {
    "llama.block_count": u32Value(LAYERS),
    "llama.context_length": u32Value(CONTEXT),
    "llama.embedding_length": u32Value(WIDTH),
    "llama.feed_forward_length": u32Value(FFN_WIDTH),
    "llama.attention.head_count": u32Value(HEADS),
    "llama.attention.head_count_kv": u32Value((HEADS * KV_WIDTH) / WIDTH),
    "llama.rope.dimension_count": u32Value(WIDTH / HEADS),
    "llama.attention.layer_norm_rms_epsilon": f32Value(1e-5),
  };
  const [, vocabulary = 0] =
    (await readGguf(source)).tensors.find(({ name }) => name === "token_embd.weight")?.dims ?? [];
  const matrices: [name: string, shape: readonly [number, number]][] = [
    ["token_embd.weight", [WIDTH, vocabulary]],
    ["output.weight", [WIDTH, vocabulary]],
    ...Object.entries(SHAPES),
  ];
  const norms = [
    "output_norm.weight",
    ...Array.from({ length: LAYERS }, (_, layer) => [
      `blk.${layer}.attn_norm.weight`,
      `blk.${layer}.ffn_norm.weight`,
    ]).flat(),
  ];
  const kept = [...metadata].filter(
    ([key]) => !Object.hasOwn(changed, key) && !/key_length|value_length/.test(key),
  );
  const file = createWriteStream(path);
  const write = async (bytes: Uint8Array) => {
    if (!file.write(bytes)) await once(file, "drain");
  };
  await write(
    encodeGgufHeader({
      metadata: [...kept, ...Object.entries(changed)],
      tensors: [
        ...norms.map((name) => ({ name, dims: [WIDTH], type: "F32" as const, data: undefined })),
        ...matrices.map(([name, dims]) => ({ name, dims, type: "Q4_0" as const, data: undefined })),
      ],
    }).header,
  );
  for (const _ of norms) await write(new Uint8Array(new Float32Array(WIDTH).fill(1).buffer));
  for (const [name, [inFeatures, outFeatures]] of matrices) {
    for (let row = 0; row < outFeatures; row += ROWS_AT_ONCE) {
      const rows = randomRows(inFeatures, Math.min(ROWS_AT_ONCE, outFeatures - row));
      if (name === "output.weight") silence(rows, row);
      await write(rows);
    }
  }
  file.end();
  await once(file, "close");
  return matrices.reduce((sum, [, [inFeatures, outFeatures]]) => sum + inFeatures * outFeatures, 0);
}

/**
 * Only tokens that are printable characters get a row: half of a character is no text, llama-server holds it back, and a
 * stream would come in a few large pieces.
 */
function silence(rows: Uint8Array, firstToken: number): void {
  const rowBytes = (WIDTH / Q4.blockElements) * Q4.blockBytes;
  for (let at = 0; at < rows.length; at += rowBytes) {
    const byte = firstToken + at / rowBytes - FIRST_BYTE_TOKEN;
    if (byte < 0x21 || byte > 0x7e) rows.fill(0, at, at + rowBytes);
  }
}

/** Blocks of a half, the scale, and 32 numbers of four bits; their spread keeps activations near 1. */
function randomRows(inFeatures: number, rows: number): Uint8Array {
  const blocks = (inFeatures / Q4.blockElements) * rows;
  const bytes = crypto.getRandomValues(new Uint8Array(Math.min(65536, blocks * Q4.blockBytes)));
  const whole = new Uint8Array(blocks * Q4.blockBytes);
  for (let at = 0; at < whole.length; at += bytes.length) whole.set(bytes.subarray(0, whole.length - at), at);
  const view = new DataView(whole.buffer);
  const scale = floatToHalf(1 / (4.6 * Math.sqrt(inFeatures)));
  for (let block = 0; block < blocks; block += 1) view.setUint16(block * Q4.blockBytes, scale, true);
  return whole;
}
