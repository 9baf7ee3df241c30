// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { encodeTensorData } from "./encode-data.ts";
import { readGguf } from "./read.ts";
import { dequantize, readTensorData } from "./tensor-data.ts";

const fixture = (file: string) =>
  bytesSource(
    readFileSync(new URL(`../../../../../test/fixtures/tiny-say/v1/${file}`, import.meta.url)),
    file,
  );

/** Any float, not only the round ones. */
const floats = fc.uint32Array({ minLength: 1, maxLength: 64 }).map((words) => new Float32Array(words.buffer));

describe("encodeTensorData", () => {
  it.each([
    ["base-f16.gguf", "F16"],
    ["base-q8_0.gguf", "Q8_0"],
  ] as const)("gives the bytes that llama-quantize wrote into %s", async (name, type) => {
    const [whole, quantized] = [fixture("base-f32.gguf"), fixture(name)];
    const originals = new Map((await readGguf(whole)).tensors.map((tensor) => [tensor.name, tensor]));
    const ofType = (await readGguf(quantized)).tensors.filter((tensor) => tensor.type === type);
    expect(ofType.length).toBeGreaterThan(10);
    for (const tensor of ofType) {
      const original = originals.get(tensor.name);
      if (original === undefined) throw new Error(tensor.name);
      const values = dequantize("F32", await readTensorData(whole, original));
      const expected = await readTensorData(quantized, tensor);
      expect(Buffer.from(encodeTensorData(type, values)).equals(expected), tensor.name).toBe(true);
    }
  });

  it("rounds to halves as the platform does", () => {
    fc.assert(
      fc.property(floats, (values) => {
        expect(dequantize("F16", encodeTensorData("F16", values))).toEqual(values.map(Math.f16round));
      }),
      { numRuns: 2000 },
    );
  });

  it("rounds to the nearer brain float, and to the even one of two", () => {
    const brainFloats = (values: Float32Array) => dequantize("BF16", encodeTensorData("BF16", values));
    fc.assert(
      fc.property(floats, (values) => {
        for (const [i, rounded] of brainFloats(values).entries()) {
          const value = values[i] ?? 0;
          if (!Number.isFinite(value) || !Number.isFinite(rounded)) continue;
          const words = new Uint32Array(new Float32Array([rounded]).buffer);
          const neighbours = [-1, 1].map((step) => {
            const word = new Uint32Array([((words[0] ?? 0) + step * 0x10000) >>> 0]);
            return new Float32Array(word.buffer)[0] ?? 0;
          });
          for (const other of neighbours.filter(Number.isFinite))
            expect(Math.abs(value - rounded)).toBeLessThanOrEqual(Math.abs(value - other));
        }
      }),
      { numRuns: 500 },
    );
    // Between 1 and 1 + 2^-7, and between 1 + 2^-7 and 1 + 2^-6.
    expect([...brainFloats(new Float32Array([1 + 2 ** -8, 1 + 3 * 2 ** -8]))]).toEqual([1, 1 + 2 ** -6]);
    expect([...brainFloats(new Float32Array([Number.NaN, -Infinity, 3.4e38]))]).toEqual([
      Number.NaN,
      -Infinity,
      Infinity,
    ]);
  });

  it("keeps floats as they are", () => {
    fc.assert(
      fc.property(floats, (values) => {
        const bytes = encodeTensorData("F32", values);
        expect(Buffer.from(bytes).equals(Buffer.from(values.buffer))).toBe(true);
      }),
    );
  });
});
