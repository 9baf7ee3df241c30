// SPDX-License-Identifier: Apache-2.0
/**
 * Numbers as tensor data, rounded as llama.cpp rounds them (v0.5.0, ggml-quants.c and ggml-impl.h):
 *
 *     F16    nearest, ties to even; above 65,520 an infinity
 *     BF16   nearest, ties to even
 *     Q8_0   blocks of 32: scale = largest magnitude / 127 as a half, then 32 signed bytes, value / scale rounded,
 *            halves away from zero
 */
import { floatBitsToHalf, floatToHalf } from "./float16.ts";
import type { FloatType } from "./tensor-data.ts";
import { TENSOR_TYPES } from "./tensor-types.ts";

/**
 * @param values for Q8_0 a multiple of 32
 * @param bytes room for the data, which is returned
 */
export function encodeTensorData(
  type: FloatType,
  values: Float32Array,
  bytes: Uint8Array = new Uint8Array(
    (values.length / TENSOR_TYPES[type].blockElements) * TENSOR_TYPES[type].blockBytes,
  ),
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === "Q8_0") encodeQ8(values, view);
  else {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    if (type === "F32") for (let i = 0; i < words.length; i += 1) view.setUint32(4 * i, words[i] ?? 0, true);
    else if (type === "F16")
      for (let i = 0; i < words.length; i += 1) view.setUint16(2 * i, floatBitsToHalf(words[i] ?? 0), true);
    else
      for (let i = 0; i < words.length; i += 1)
        view.setUint16(2 * i, floatBitsToBrainFloat(words[i] ?? 0), true);
  }
  return bytes;
}

function floatBitsToBrainFloat(bits: number): number {
  // Rounding could carry a NaN's fraction away.
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function encodeQ8(values: Float32Array, view: DataView): void {
  const { blockElements, blockBytes } = TENSOR_TYPES.Q8_0;
  const quants = new Int8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let start = 0, at = 0; start < values.length; start += blockElements, at += blockBytes) {
    let largest = 0;
    for (let j = 0; j < blockElements; j += 1) {
      const magnitude = Math.abs(values[start + j] ?? 0);
      if (magnitude > largest) largest = magnitude;
    }
    // In single precision at each step, as the original: the last bit decides some roundings.
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    view.setUint16(at, floatToHalf(scale), true);
    for (let j = 0; j < blockElements; j += 1) {
      const scaled = Math.fround((values[start + j] ?? 0) * inverse);
      quants[at + 2 + j] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
  }
}
