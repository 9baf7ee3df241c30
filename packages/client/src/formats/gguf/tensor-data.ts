// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../../byte-source/index.ts";
import { halfToFloat } from "./float16.ts";
import type { GgufTensorInfo } from "./header.ts";
import { TENSOR_TYPES, type TensorType } from "./tensor-types.ts";

/** The types that can be turned into numbers here: those of adapters and of norms. */
export const FLOAT_TYPES = ["F32", "F16", "BF16", "Q8_0"] as const satisfies TensorType[];
export type FloatType = (typeof FLOAT_TYPES)[number];

export function isFloatType(type: TensorType): type is FloatType {
  return (FLOAT_TYPES as readonly TensorType[]).includes(type);
}

/** The bytes of a tensor as the file has them: as many as `tensor.sizeBytes` says, which may be more than memory. */
export function readTensorData(source: ByteSource, tensor: GgufTensorInfo): Promise<Uint8Array> {
  return source.read(tensor.offset, tensor.sizeBytes);
}

/**
 * The elements of a tensor, in the order of the file.
 * @param values room for them, which is returned
 */
export function dequantize(
  type: FloatType,
  bytes: Uint8Array,
  values: Float32Array = new Float32Array(
    (bytes.length / TENSOR_TYPES[type].blockBytes) * TENSOR_TYPES[type].blockElements,
  ),
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  if (type === "F32") {
    for (let i = 0; i < values.length; i += 1) values[i] = view.getFloat32(4 * i, true);
  } else if (type === "F16") {
    for (let i = 0; i < values.length; i += 1) values[i] = halfToFloat(view.getUint16(2 * i, true));
  } else if (type === "BF16") {
    // The upper half of a float: written where it belongs, the lower half being zero.
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < values.length; i += 1) words[i] = view.getUint16(2 * i, true) << 16;
  } else {
    // A block is a half, the scale, and 32 signed bytes.
    for (let at = 0, i = 0; at < bytes.length; at += blockBytes) {
      const scale = halfToFloat(view.getUint16(at, true));
      for (let j = 0; j < blockElements; j += 1, i += 1) values[i] = scale * view.getInt8(at + 2 + j);
    }
  }
  return values;
}
