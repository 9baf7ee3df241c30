// SPDX-License-Identifier: Apache-2.0
/** tiny-say with so wide a feed-forward that an adapter for it may be big. It computes nothing. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { bytesSource } from "@lora/client/byte-source";
import { encodeGguf, readGguf, u32Value, writeAdapter } from "@lora/client/gguf";
import { basePath } from "./tiny-say.ts";

const [NARROW, WIDTH, EMBEDDING] = [176, 704, 64];
/** Of an adapter of 70.8 MB. */
const RANK = 3840;

export async function writeWideBase(path: string): Promise<void> {
  const bytes = await readFile(basePath("v1", "q8_0"));
  const { metadata, tensors } = await readGguf(bytesSource(bytes));
  const wide = tensors.map(({ name, dims, type, offset, sizeBytes }) => {
    const isNarrow = dims.includes(NARROW);
    return {
      name,
      dims: dims.map((dim) => (dim === NARROW ? WIDTH : dim)),
      type: isNarrow ? ("F16" as const) : type,
      data: isNarrow ? new Uint8Array(EMBEDDING * WIDTH * 2) : bytes.subarray(offset, offset + sizeBytes),
    };
  });
  const changed = new Map([...metadata, ["llama.feed_forward_length", u32Value(WIDTH)] as const]);
  await writeFile(path, encodeGguf({ metadata: changed, tensors: wide }));
}

/** Of each call other bytes. */
export function wideAdapter(): Uint8Array {
  const matrix = (columns: number, rows: number) => {
    const data = new Uint8Array(columns * rows * 4);
    // Numbers of 2 to 4: none is infinite.
    for (const [i, byte] of randomBytes(1024).entries()) data[i * 4 + 3] = byte % 2 === 0 ? 0x40 : 0x3f;
    return { dims: [columns, rows], type: "F32" as const, data };
  };
  const pair = (base: string, inFeatures: number, outFeatures: number) => ({
    base,
    a: matrix(inFeatures, RANK),
    b: matrix(RANK, outFeatures),
  });
  const tensors = [0, 1].flatMap((layer) => [
    pair(`blk.${layer}.ffn_down.weight`, WIDTH, EMBEDDING),
    pair(`blk.${layer}.ffn_gate.weight`, EMBEDDING, WIDTH),
    pair(`blk.${layer}.ffn_up.weight`, EMBEDDING, WIDTH),
  ]);
  return writeAdapter({ architecture: "llama", alpha: 1, tensors });
}
