// SPDX-License-Identifier: Apache-2.0
import { encodeTensorData, writeAdapter } from "@lora/client/gguf";

export interface RandomAdapter {
  /** By the name of the base's tensor: what goes in and what comes out. */
  shapes: Readonly<Record<string, readonly [inFeatures: number, outFeatures: number]>>;
  rank: number;
  alpha: number;
  type: "F32" | "F16";
  /** Of the numbers of B, which decide how strong the adapter is. */
  strength: number;
}

/** An adapter of random numbers, as a file. */
export function writeRandomAdapter(random: () => number, adapter: RandomAdapter): Uint8Array {
  const { rank, type, strength } = adapter;
  const data = (length: number, size: number) =>
    encodeTensorData(
      type,
      Float32Array.from({ length }, () => (random() * 2 - 1) * size),
    );
  return writeAdapter({
    architecture: "llama",
    alpha: adapter.alpha,
    tensors: Object.entries(adapter.shapes).map(([base, [inFeatures, outFeatures]]) => ({
      base,
      a: { dims: [inFeatures, rank], type, data: data(inFeatures * rank, inFeatures ** -0.5) },
      b: { dims: [rank, outFeatures], type, data: data(rank * outFeatures, strength) },
    })),
  });
}
