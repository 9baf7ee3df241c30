// SPDX-License-Identifier: Apache-2.0
import { encodeTensorData, writeAdapter } from "@lora/client/gguf";
import { type SampleBase, shapesOf } from "./bases.ts";
import { randomNumbers, seedOf } from "./random.ts";

/** Numbers that repeat after so many: making each anew would take longer than all the rest. */
const POOL = 1 << 16;

/**
 * An adapter of random numbers. Each version is the one before with some layers trained further, so that a comparison
 * has something to show.
 */
export function sampleAdapter(
  name: string,
  version: number,
  sample: SampleBase,
  { rank, targets }: { rank: number; targets: readonly string[] },
): Uint8Array {
  const random = randomNumbers(seedOf(name));
  const pool = Float32Array.from({ length: POOL }, () => random() * 2 - 1);
  const focus = random() * sample.layers;
  return writeAdapter({
    architecture: sample.architecture,
    alpha: rank * 2,
    tensors: shapesOf(sample, targets).map(([base, [inFeatures, outFeatures]], i) => {
      const layer = Math.floor(i / targets.length);
      const near = Math.exp(-(((layer - focus) / (sample.layers / 4)) ** 2));
      const drift = version * near * (0.1 + (0.9 * ((i * 7919) % targets.length)) / targets.length);
      const a = slice(pool, i * 31, inFeatures * rank, inFeatures ** -0.5, 0);
      const b = slice(pool, i * 57 + 1009, rank * outFeatures, 0.02, drift);
      return {
        base,
        a: { dims: [inFeatures, rank], type: "F16", data: encodeTensorData("F16", a) },
        b: { dims: [rank, outFeatures], type: "F16", data: encodeTensorData("F16", b) },
      };
    }),
  });
}

function slice(pool: Float32Array, start: number, length: number, size: number, drift: number): Float32Array {
  const made = new Float32Array(length);
  for (let i = 0; i < length; i += 1) {
    const value = pool[(start + i) % POOL] ?? 0;
    const other = pool[(start * 3 + i * 5 + 7) % POOL] ?? 0;
    made[i] = (value + drift * other) * size;
  }
  return made;
}
