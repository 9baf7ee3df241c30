// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { readAdapter } from "./adapter.ts";
import { encodeTensorData } from "./encode-data.ts";
import { writeAdapter } from "./write-adapter.ts";
import { streamAdapter, type TensorMaker } from "./write-adapter-stream.ts";

const data = (elements: number) => encodeTensorData("F32", new Float32Array(elements).fill(0.5));
const pair = (base: string) => ({
  base,
  a: { dims: [5, 2], type: "F32", data: data(10) } as const,
  b: { dims: [2, 3], type: "F32", data: data(6) } as const,
});
const whole = {
  architecture: "llama",
  alpha: 4,
  tensors: ["blk.1.attn_q.weight", "blk.0.attn_q.weight", "blk.0.attn_v.weight"].map(pair),
};
const streamed = (make: (name: string, bytes: Uint8Array) => ReturnType<TensorMaker>) => ({
  ...whole,
  tensors: whole.tensors.map(({ base, a, b }) => ({
    base,
    a: { ...a, data: () => make(`${base}.lora_a`, a.data) },
    b: { ...b, data: () => make(`${base}.lora_b`, b.data) },
  })),
});

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

describe("streamAdapter", () => {
  it("gives the bytes of writeAdapter, and tells their number before", async () => {
    const stream = streamAdapter(streamed(async (_, bytes) => bytes));
    const bytes = await collect(stream.chunks());
    expect(bytes.equals(writeAdapter(whole))).toBe(true);
    expect(stream.sizeBytes).toBe(bytes.length);
    expect((await readAdapter(bytesSource(bytes))).tensors).toHaveLength(3);
  });

  it("makes each tensor once, and never many ahead of what was taken", async () => {
    const made: string[] = [];
    const stream = streamAdapter(
      streamed(async (name, bytes) => {
        made.push(name);
        return bytes;
      }),
    );
    const chunks = stream.chunks();
    await chunks.next();
    expect(made).toEqual([]);
    await chunks.next();
    expect(made).toHaveLength(3);
    for await (const _ of chunks);
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(6);
  });

  it("ends with the failure of the tensor whose turn it is", async () => {
    const stream = streamAdapter(
      streamed(async (name, bytes) => {
        if (name === "blk.0.attn_v.weight.lora_b") throw new LoraError("IO_FAILED", "gone");
        return bytes;
      }),
    );
    await expect(collect(stream.chunks())).rejects.toThrow("gone");
  });
});
