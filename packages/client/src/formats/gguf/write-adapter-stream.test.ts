// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { readAdapter } from "./adapter.ts";
import { encodeTensorData } from "./encode-data.ts";
import { writeAdapter } from "./write-adapter.ts";
import { streamAdapter } from "./write-adapter-stream.ts";

const data = (elements: number) => encodeTensorData("F32", new Float32Array(elements).fill(elements));
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

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return Buffer.concat(parts);
}

describe("streamAdapter", () => {
  it("gives the bytes of writeAdapter, and tells their number before", async () => {
    const stream = streamAdapter(whole, async function* (plans) {
      yield* plans;
    });
    const bytes = await collect(stream.chunks());
    expect(bytes.equals(writeAdapter(whole))).toBe(true);
    expect(stream.sizeBytes).toBe(bytes.length);
    expect((await readAdapter(bytesSource(bytes))).tensors).toHaveLength(3);
  });

  it("takes data in memory that is used again for the next tensor", async () => {
    const stream = streamAdapter(whole, async function* (plans) {
      const room = new Uint8Array(40);
      for (const plan of plans) {
        room.set(plan);
        yield room.subarray(0, plan.length);
      }
    });
    expect((await collect(stream.chunks())).equals(writeAdapter(whole))).toBe(true);
  });

  it("makes nothing before it is asked for", async () => {
    let made = 0;
    const stream = streamAdapter(whole, async function* (plans) {
      for (const plan of plans) {
        made += 1;
        yield plan;
      }
    });
    const chunks = stream.chunks();
    await chunks.next();
    expect(made).toBe(0);
    await chunks.next();
    expect(made).toBe(1);
  });

  it("ends with the failure of whoever makes the data", async () => {
    const stream = streamAdapter(whole, async function* (plans) {
      yield* plans.slice(0, 2);
      throw new LoraError("IO_FAILED", "gone");
    });
    await expect(collect(stream.chunks())).rejects.toThrow("gone");
  });

  it.each([
    ["too few", -1],
    ["too many", 1],
  ])("does not let %s tensors pass for a file", async (_, difference) => {
    const stream = streamAdapter(whole, async function* (plans) {
      yield* plans.slice(0, plans.length + Math.min(difference, 0));
      if (difference > 0) yield data(6);
    });
    await expect(collect(stream.chunks())).rejects.toThrow(TypeError);
  });
});
