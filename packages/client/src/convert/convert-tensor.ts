// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { dequantize, encodeTensorData, type FloatType, TENSOR_TYPES } from "../formats/gguf/index.ts";
import { DTYPE_BYTES, type Dtype, type SafetensorsTensor } from "../formats/safetensors/index.ts";
import { quote } from "../names.ts";
import { arrange, type TensorLayout } from "./tensor-layout.ts";
import { peftInvalid } from "./unsupported.ts";

/** What becomes of one tensor. */
export interface TensorPlan {
  readonly tensor: SafetensorsTensor;
  readonly layout: TensorLayout;
  readonly factor: number;
  readonly type: FloatType;
}

/** Memory that is used again for each tensor. */
export interface ConversionRoom {
  readonly values: Float32Array;
  /** Grows to the largest tensor. */
  encoded: Uint8Array;
}

/** Elements that are converted at once: few enough to stay in a processor's cache, and whole blocks of any type. */
const STEP_ELEMENTS = 8192;

export function createRoom(): ConversionRoom {
  return { values: new Float32Array(STEP_ELEMENTS), encoded: new Uint8Array(0) };
}

/**
 * Where neither type nor scale changes, the bits do not either, and where nothing moves the bytes are the ones given.
 * @param bytes of the tensor
 * @param source what the weights are called, for messages
 * @param room what is returned may lie in it, until it is used for another tensor
 * @throws LoraError PEFT_INVALID for a value that is no number, PEFT_UNSUPPORTED for one that the type cannot hold
 */
export function convertTensor(
  bytes: Uint8Array,
  { tensor, layout, factor, type }: TensorPlan,
  source: string,
  room = createRoom(),
): Uint8Array {
  const { name, dtype } = tensor;
  if (!hasOnlyNumbers(dtype, bytes))
    throw peftInvalid(source, `has a value that is no finite number in ${quote(name)}: its training broke`, {
      tensor: name,
    });
  const arranged = arrange(bytes, DTYPE_BYTES[dtype], layout);
  if (dtype === type && factor === 1) return arranged;
  const encoded = encode(arranged, { dtype, factor, type }, room);
  if (!hasOnlyNumbers(type, encoded)) {
    throw new LoraError("PEFT_UNSUPPORTED", `${source}: ${quote(name)} has values that ${type} cannot hold`, {
      hint: `convert to ${type === "BF16" || dtype === "F32" ? "F32" : "BF16"}`,
      details: { file: source, tensor: name, type },
    });
  }
  return encoded;
}

function encode(
  bytes: Uint8Array,
  { dtype, factor, type }: { dtype: Dtype; factor: number; type: FloatType },
  room: ConversionRoom,
): Uint8Array {
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  const elements = bytes.length / DTYPE_BYTES[dtype];
  const encodedBytes = (elements / blockElements) * blockBytes;
  if (room.encoded.length < encodedBytes) room.encoded = new Uint8Array(encodedBytes);
  for (let start = 0; start < elements; start += STEP_ELEMENTS) {
    const end = Math.min(start + STEP_ELEMENTS, elements);
    const part = bytes.subarray(start * DTYPE_BYTES[dtype], end * DTYPE_BYTES[dtype]);
    const values = dequantize(dtype, part, room.values.subarray(0, end - start));
    if (factor !== 1) for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * factor;
    const [from, to] = [start, end].map((element) => (element / blockElements) * blockBytes);
    encodeTensorData(type, values, room.encoded.subarray(from, to));
  }
  return room.encoded.subarray(0, encodedBytes);
}

/**
 * Exponents by type, in four bytes at a time. One added to an exponent of all ones, which infinities and NaNs have,
 * carries into the sign's bit, and nothing else does.
 */
const EXPONENTS = {
  F32: { mask: 0x7f800000, one: 0x00800000, carry: 0x80000000 },
  F16: { mask: 0x7c007c00, one: 0x04000400, carry: 0x80008000 },
  BF16: { mask: 0x7f807f80, one: 0x00800080, carry: 0x80008000 },
} as const;

/** Whether all values are finite. In Q8_0 only the scales have exponents. */
function hasOnlyNumbers(type: FloatType, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === "Q8_0") {
    for (let i = 0; i < bytes.length; i += TENSOR_TYPES.Q8_0.blockBytes)
      if ((view.getUint16(i, true) & 0x7c00) === 0x7c00) return false;
    return true;
  }
  const { mask, one, carry } = EXPONENTS[type];
  const paired = bytes.length - (bytes.length % 4);
  let carries = 0;
  for (let i = 0; i < paired; i += 4) carries |= (view.getInt32(i, true) & mask) + one;
  if (paired < bytes.length) carries |= (view.getUint16(paired, true) & mask) + (one & 0xffff);
  return (carries & carry) === 0;
}
