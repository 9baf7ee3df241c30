// SPDX-License-Identifier: Apache-2.0
/**
 * A norm as llama.cpp's converter writes it: always F32, and of Gemma one more, since Gemma's norms are kept as their
 * distance from one. The one is added in the precision that the converter computes in, and rounds there:
 *
 *     F32, and BF16 that became F32:  float(w + 1)
 *     F16:                            half(w + 1), then F32     so a Gemma base saved as fp16 has other norms
 */
import { floatToHalf, halfToFloat } from "../../formats/gguf/float16.ts";
import type { Dtype } from "../../formats/safetensors/index.ts";

const scratch = new DataView(new ArrayBuffer(4));

/** @param bytes little-endian, as safetensors has them */
export function normToF32(bytes: Uint8Array, dtype: Dtype, { plusOne }: { plusOne: boolean }): Uint8Array {
  const input = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = dtype === "F32" ? 4 : 2;
  const count = bytes.length / width;
  const output = new DataView(new ArrayBuffer(4 * count));
  for (let i = 0; i < count; i += 1) {
    if (dtype === "F32" && !plusOne) output.setUint32(4 * i, input.getUint32(4 * i, true), true);
    else if (dtype === "BF16" && !plusOne) output.setUint32(4 * i, input.getUint16(2 * i, true) << 16, true);
    else output.setFloat32(4 * i, normValue(input, i, dtype, plusOne), true);
  }
  return new Uint8Array(output.buffer);
}

function normValue(input: DataView, i: number, dtype: Dtype, plusOne: boolean): number {
  if (dtype === "F16") {
    const value = halfToFloat(input.getUint16(2 * i, true));
    return plusOne ? halfToFloat(floatToHalf(Math.fround(value + 1))) : value;
  }
  if (dtype === "F32") return input.getFloat32(4 * i, true) + 1;
  scratch.setUint32(0, input.getUint16(2 * i, true) << 16);
  return scratch.getFloat32(0) + 1;
}
