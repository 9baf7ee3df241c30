// SPDX-License-Identifier: Apache-2.0
/** Metadata values as JavaScript values. They are decoded when asked for: a tokenizer's strings seldom are. */
import { LoraError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { GgufValue } from "./header.ts";
import type { GgufFile } from "./read.ts";
import { type FixedSizeType, VALUE_SIZE_BYTES } from "./value-types.ts";

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const READERS: Readonly<Record<FixedSizeType, (view: DataView, at: number) => number | bigint | boolean>> = {
  u8: (view, at) => view.getUint8(at),
  i8: (view, at) => view.getInt8(at),
  u16: (view, at) => view.getUint16(at, true),
  i16: (view, at) => view.getInt16(at, true),
  u32: (view, at) => view.getUint32(at, true),
  i32: (view, at) => view.getInt32(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  bool: (view, at) => view.getUint8(at) === 1,
  u64: (view, at) => view.getBigUint64(at, true),
  i64: (view, at) => view.getBigInt64(at, true),
  f64: (view, at) => view.getFloat64(at, true),
};

export type GgufElement = string | number | bigint | boolean;

/**
 * The elements of an array, or the one of a scalar. 64-bit integers come as BigInt.
 * @throws LoraError GGUF_INVALID for text that is not UTF-8
 */
export function* elementsOf(file: Pick<GgufFile, "name">, value: GgufValue): Generator<GgufElement> {
  const { bytes, elementType } = value;
  if (elementType === "string") {
    for (const text of rawStringsOf(value)) yield decodeText(file, text);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[elementType];
  for (let at = 0; at < bytes.length; at += VALUE_SIZE_BYTES[elementType]) yield read(view, at);
}

/** The UTF-8 of a string, or of each string of an array. */
export function* rawStringsOf(value: GgufValue): Generator<Uint8Array> {
  const { bytes } = value;
  if (value.type !== "array") {
    yield bytes;
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 + view.getUint32(at, true);
    yield bytes.subarray(at + 8, end);
    at = end;
  }
}

/** @throws LoraError GGUF_INVALID where the key holds no string */
export function getString(file: GgufFile, key: string): string | undefined {
  const value = file.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== "string") throw wrongType(file, key, value, "a string");
  return decodeText(file, value.bytes);
}

/** @throws LoraError GGUF_INVALID where the key holds no whole number from 0 to 2^53 - 1 */
export function getUint(file: GgufFile, key: string): number | undefined {
  const value = file.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type === "array") throw wrongType(file, key, value, "a whole number");
  return getUints(file, key)?.[0];
}

/**
 * One number, or one per layer.
 * @throws LoraError GGUF_INVALID where the key holds no whole numbers from 0 to 2^53 - 1
 */
export function getUints(file: GgufFile, key: string): number[] | undefined {
  const value = file.metadata.get(key);
  if (value === undefined) return undefined;
  const { elementType } = value;
  if (elementType === "string" || elementType === "bool" || elementType === "f32" || elementType === "f64")
    throw wrongType(file, key, value, "a whole number");
  const numbers = new Array<number>(value.count);
  const view = new DataView(value.bytes.buffer, value.bytes.byteOffset, value.bytes.byteLength);
  const read = READERS[elementType];
  for (let i = 0; i < value.count; i += 1) {
    const element = read(view, i * VALUE_SIZE_BYTES[elementType]);
    const number = Number(element);
    if (number < 0 || !Number.isSafeInteger(number))
      throw new LoraError("GGUF_INVALID", `${file.name} has ${element} as ${quote(key)}`, {
        details: { file: file.name, key },
      });
    numbers[i] = number;
  }
  return numbers;
}

/** @throws LoraError GGUF_INVALID where the key holds no floating-point number */
export function getFloat(file: GgufFile, key: string): number | undefined {
  const value = file.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== "f32" && value.type !== "f64")
    throw wrongType(file, key, value, "a floating-point number");
  const [number] = elementsOf(file, value);
  return Number(number);
}

/** `u32`, `array of string`. */
export function typeName(value: GgufValue): string {
  return value.type === "array" ? `array of ${value.elementType}` : value.type;
}

function wrongType(file: GgufFile, key: string, value: GgufValue, wanted: string): LoraError {
  const found = typeName(value);
  return new LoraError("GGUF_INVALID", `${file.name} has ${quote(key)} as ${found}; it must be ${wanted}`, {
    details: { file: file.name, key, found },
  });
}

function decodeText(file: Pick<GgufFile, "name">, bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new LoraError("GGUF_INVALID", `${file.name} has text that is not UTF-8 in its metadata`, {
      details: { file: file.name },
    });
  }
}
