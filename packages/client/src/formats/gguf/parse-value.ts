// SPDX-License-Identifier: Apache-2.0
/** Metadata values: their types, counts and lengths are checked, their bytes stay where they are. */
import { quote } from "../../names.ts";
import type { HeaderCursor } from "./cursor.ts";
import type { GgufValue } from "./header.ts";
import { DEFAULT_ALIGNMENT, type GgufLimits, MAX_ALIGNMENT } from "./limits.ts";
import { type ElementType, VALUE_SIZE_BYTES, VALUE_TYPES, type ValueType } from "./value-types.ts";

export function* parseValue(
  cursor: HeaderCursor,
  limits: GgufLimits,
  key: string,
): Generator<void, GgufValue, void> {
  const what = `the value of ${quote(key)}`;
  const type = yield* parseType(cursor, what);
  if (type !== "array") {
    const bytes = yield* parseScalar(cursor, limits, type, what);
    return { type, elementType: type, count: 1, bytes };
  }
  const elementType = yield* parseType(cursor, what);
  if (elementType === "array") throw cursor.invalid(`has an array of arrays as ${what}`);
  while (cursor.lacks(8, what)) yield;
  const count = cursor.u64("a number of elements");
  if (count > limits.maxArrayElements)
    throw cursor.limit(`has ${count} elements in ${what}; at most ${limits.maxArrayElements} are allowed`);
  const start = cursor.position;
  if (elementType === "string") {
    cursor.assertRemains(8 * count, what);
    let left = cursor.skipStrings(count, limits.maxStringBytes);
    while (left > 0) {
      // Once: what comes next is tried with whatever came.
      if (cursor.lacks(cursor.loaded - cursor.position + 1, what)) yield;
      left = cursor.skipStrings(left, limits.maxStringBytes);
    }
  } else {
    const lengthBytes = count * VALUE_SIZE_BYTES[elementType];
    while (cursor.lacks(lengthBytes, what)) yield;
    cursor.position += lengthBytes;
  }
  const bytes = cursor.slice(start, cursor.position);
  if (elementType === "bool") refuseOtherBools(cursor, bytes, what);
  return { type, elementType, count, bytes };
}

function* parseType(cursor: HeaderCursor, what: string): Generator<void, ValueType, void> {
  while (cursor.lacks(4, what)) yield;
  const id = cursor.u32();
  const type = VALUE_TYPES[id];
  if (type === undefined) throw cursor.invalid(`has a value type ${id}, which does not exist, in ${what}`);
  return type;
}

function* parseScalar(
  cursor: HeaderCursor,
  limits: GgufLimits,
  type: ElementType,
  what: string,
): Generator<void, Uint8Array, void> {
  if (type !== "string") {
    while (cursor.lacks(VALUE_SIZE_BYTES[type], what)) yield;
    const bytes = cursor.bytes(VALUE_SIZE_BYTES[type]);
    if (type === "bool") refuseOtherBools(cursor, bytes, what);
    return bytes;
  }
  while (cursor.lacks(8, what)) yield;
  const lengthBytes = cursor.u64("a length of a string");
  if (lengthBytes > limits.maxStringBytes)
    throw cursor.limit(`has ${lengthBytes} bytes in ${what}; at most ${limits.maxStringBytes} are allowed`);
  while (cursor.lacks(lengthBytes, what)) yield;
  return cursor.bytes(lengthBytes);
}

function refuseOtherBools(cursor: HeaderCursor, bytes: Uint8Array, what: string): void {
  for (const byte of bytes) if (byte > 1) throw cursor.invalid(`has ${byte} for a boolean in ${what}`);
}

/** A wrong type here ended older llama.cpp builds by a failed assertion. */
export function alignmentOf(cursor: HeaderCursor, metadata: ReadonlyMap<string, GgufValue>): number {
  const value = metadata.get("general.alignment");
  if (value === undefined) return DEFAULT_ALIGNMENT;
  if (value.type !== "u32") throw cursor.invalid(`has general.alignment as ${value.type}; it must be u32`);
  const { buffer, byteOffset } = value.bytes;
  const alignment = new DataView(buffer, byteOffset).getUint32(0, true);
  if (alignment > MAX_ALIGNMENT)
    throw cursor.limit(`has an alignment of ${alignment}; at most ${MAX_ALIGNMENT} is allowed`);
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0)
    throw cursor.invalid(`has an alignment of ${alignment}, which is no power of two`);
  return alignment;
}
