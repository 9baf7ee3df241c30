// SPDX-License-Identifier: Apache-2.0
/**
 * Writing GGUF, version 3 (the layout is in `header.ts`). The same input gives the same bytes: keys and tensors are
 * written in the order given, and all padding is zero.
 */
import type { GgufValue } from "./header.ts";
import { DEFAULT_ALIGNMENT } from "./limits.ts";
import { TENSOR_TYPES, type TensorType, tensorSizeBytes } from "./tensor-types.ts";
import { VALUE_TYPES, type ValueType } from "./value-types.ts";

export interface GgufTensor<Data = Uint8Array> {
  readonly name: string;
  /** The contiguous one first. */
  readonly dims: readonly number[];
  readonly type: TensorType;
  readonly data: Data;
}

export interface GgufContent<Data = Uint8Array> {
  readonly metadata: Iterable<readonly [key: string, value: GgufValue]>;
  readonly tensors: readonly GgufTensor<Data>[];
}

const ENCODER = new TextEncoder();

export function stringValue(text: string): GgufValue {
  return scalar("string", ENCODER.encode(text));
}

export function u32Value(number: number): GgufValue {
  return scalar(
    "u32",
    bytesOf(4, (view) => view.setUint32(0, number, true)),
  );
}

export function f32Value(number: number): GgufValue {
  return scalar(
    "f32",
    bytesOf(4, (view) => view.setFloat32(0, number, true)),
  );
}

export function u32ArrayValue(numbers: readonly number[]): GgufValue {
  const bytes = bytesOf(4 * numbers.length, (view) => {
    numbers.forEach((number, i) => {
      view.setUint32(4 * i, number, true);
    });
  });
  return { type: "array", elementType: "u32", count: numbers.length, bytes };
}

export function stringArrayValue(texts: readonly string[]): GgufValue {
  const bytes = concat(texts.flatMap((text) => string(text)));
  return { type: "array", elementType: "string", count: texts.length, bytes };
}

/** Everything before the data, padded; `sizeBytes` of the file that it announces. */
export function encodeGgufHeader({ metadata, tensors }: GgufContent<unknown>): {
  header: Uint8Array;
  sizeBytes: number;
} {
  const pairs = [...metadata];
  const parts = [ENCODER.encode("GGUF"), u32(3), u64(tensors.length), u64(pairs.length)];
  for (const [key, value] of pairs) parts.push(...string(key), ...encodeValue(value));
  let offset = 0;
  for (const tensor of tensors) {
    const { name, dims, type } = tensor;
    parts.push(...string(name), u32(dims.length), ...dims.map(u64), u32(TENSOR_TYPES[type].id), u64(offset));
    const lengthBytes = dataLengthBytes(tensor);
    offset += lengthBytes + paddingOf(lengthBytes);
  }
  const lengthBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const header = concat([...parts, new Uint8Array(paddingOf(lengthBytes))]);
  return { header, sizeBytes: header.length + offset };
}

/**
 * The data of one tensor and what pads it.
 * @throws TypeError where data and shape disagree: that is a bug of the caller
 */
export function* encodeTensorChunks(
  tensor: Omit<GgufTensor<unknown>, "data">,
  data: Uint8Array,
): Generator<Uint8Array> {
  if (data.length !== dataLengthBytes(tensor))
    throw new TypeError(`${tensor.name}: ${data.length} bytes for ${tensor.dims.join(" x ")} ${tensor.type}`);
  yield data;
  yield new Uint8Array(paddingOf(data.length));
}

/** The file in pieces, so that no second copy of the data is made. Throws as `encodeTensorChunks` does. */
export function* encodeGgufChunks(content: GgufContent): Generator<Uint8Array> {
  yield encodeGgufHeader(content).header;
  for (const tensor of content.tensors) yield* encodeTensorChunks(tensor, tensor.data);
}

/** The whole file in memory. Throws as `encodeGgufChunks` does. */
export function encodeGguf(content: GgufContent): Uint8Array {
  return concat([...encodeGgufChunks(content)]);
}

function dataLengthBytes({ dims, type }: Pick<GgufTensor, "dims" | "type">): number {
  return tensorSizeBytes(
    type,
    dims.reduce((product, dim) => product * dim, 1),
  );
}

function encodeValue(value: GgufValue): Uint8Array[] {
  const type = u32(VALUE_TYPES.indexOf(value.type));
  if (value.type === "array")
    return [type, u32(VALUE_TYPES.indexOf(value.elementType)), u64(value.count), value.bytes];
  return value.type === "string" ? [type, u64(value.bytes.length), value.bytes] : [type, value.bytes];
}

function scalar(type: Exclude<ValueType, "array">, bytes: Uint8Array): GgufValue {
  return { type, elementType: type, count: 1, bytes };
}

function string(text: string): Uint8Array[] {
  const bytes = ENCODER.encode(text);
  return [u64(bytes.length), bytes];
}

function u32(number: number): Uint8Array {
  return bytesOf(4, (view) => view.setUint32(0, number, true));
}

function u64(number: number): Uint8Array {
  return bytesOf(8, (view) => view.setBigUint64(0, BigInt(number), true));
}

function bytesOf(lengthBytes: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  write(new DataView(bytes.buffer));
  return bytes;
}

function paddingOf(lengthBytes: number): number {
  return -lengthBytes & (DEFAULT_ALIGNMENT - 1);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
