// SPDX-License-Identifier: Apache-2.0
/**
 * The header of a GGUF file, version 2 or 3, little-endian
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; llama.cpp v0.5.0, ggml/src/gguf.cpp):
 *
 *     file    = "GGUF" version:u32 tensors:u64 keys:u64 *pair *tensor padding *( data padding )
 *     pair    = string value-type:u32 value
 *     string  = length:u64 *byte
 *     value   = number | bool:u8 | string | element-type:u32 count:u64 *element      ; arrays do not nest
 *     tensor  = string dims:u32 *( dim:u64 ) type:u32 offset:u64                     ; offset from the first data
 *     padding = zeros up to the next multiple of `general.alignment` (32 unless said otherwise)
 *
 *     47 47 55 46 03 00 00 00                            "GGUF", version 3
 *     00 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00   no tensors, one key
 *     0c 00 00 00 00 00 00 00  "general.type"            a key of 12 bytes
 *     08 00 00 00                                        a string
 *     07 00 00 00 00 00 00 00  "adapter"                 of 7 bytes
 *
 * The first dimension is the contiguous one. Everything here is controlled by whoever made the file. Nothing is
 * allocated by a size that the file claims: values are views of the bytes that were read.
 */
import { quote } from "../../names.ts";
import type { HeaderCursor } from "./cursor.ts";
import type { GgufLimits } from "./limits.ts";
import { parseTensorInfos, placeTensors } from "./parse-tensors.ts";
import { alignmentOf, parseValue } from "./parse-value.ts";
import type { TensorType } from "./tensor-types.ts";
import type { ElementType, ValueType } from "./value-types.ts";

/** One value as the file has it; `metadata.ts` reads it. */
export interface GgufValue {
  readonly type: ValueType;
  /** Of an array. Otherwise the type of the value itself. */
  readonly elementType: ElementType;
  /** 1 where it is no array. */
  readonly count: number;
  /** The value, or the elements one after another; a string alone without its length, strings in arrays with it. */
  readonly bytes: Uint8Array;
}

export interface GgufTensorInfo {
  readonly name: string;
  /** 1 to 4 of them, each at least 1; the contiguous one first. */
  readonly dims: readonly number[];
  readonly type: TensorType;
  /** Of the first data byte, from the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** In the order of the file, which is the order of their data. */
  readonly tensors: readonly GgufTensorInfo[];
  readonly alignment: number;
  /** Up to the end of the tensor infos. */
  readonly headerBytes: number;
}

/** Called with each key before its value is read, so that a key that has no business in the file ends the reading. */
export type AcceptKey = (key: string, earlier: ReadonlyMap<string, GgufValue>) => void;

/** Yields whenever the cursor needs more bytes. */
export function* parseHeader(
  cursor: HeaderCursor,
  sizeBytes: number,
  limits: GgufLimits,
  acceptKey?: AcceptKey,
): Generator<void, GgufHeader, void> {
  const version = yield* parseMagic(cursor, limits);
  while (cursor.lacks(16, "its header")) yield;
  const tensorCount = cursor.u64("a number of tensors");
  const keyCount = cursor.u64("a number of keys");
  if (tensorCount > limits.maxTensors)
    throw cursor.limit(`has ${tensorCount} tensors; at most ${limits.maxTensors} are allowed`);
  if (keyCount > limits.maxKeys)
    throw cursor.limit(`has ${keyCount} metadata keys; at most ${limits.maxKeys} are allowed`);

  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i += 1) {
    const key = yield* parseKey(cursor, limits);
    if (metadata.has(key)) throw cursor.invalid(`has the metadata key ${quote(key)} twice`);
    acceptKey?.(key, metadata);
    metadata.set(key, yield* parseValue(cursor, limits, key));
  }
  const alignment = alignmentOf(cursor, metadata);
  const tensors = yield* parseTensorInfos(cursor, tensorCount);
  const headerBytes = cursor.position;
  placeTensors(cursor, tensors, { sizeBytes, headerBytes, alignment, endsWithData: limits.endsWithData });
  return { version, metadata, tensors, alignment, headerBytes };
}

function* parseMagic(cursor: HeaderCursor, limits: GgufLimits): Generator<void, number, void> {
  while (cursor.lacks(8, "its first 8 bytes")) yield;
  // "GGUF"
  if (cursor.u32() !== 0x46554747) throw cursor.invalid("is not a GGUF file");
  const version = cursor.u32();
  if (limits.versions.includes(version)) return version;
  const swapped = (version & 0xffff) === 0 && version !== 0;
  throw cursor.invalid(
    swapped
      ? "is a big-endian GGUF file, which llama.cpp reads on big-endian machines only"
      : `is GGUF version ${version}; version ${limits.versions.join(" or ")} is read`,
  );
}

function* parseKey(cursor: HeaderCursor, limits: GgufLimits): Generator<void, string, void> {
  while (cursor.lacks(8, "a metadata key")) yield;
  const lengthBytes = cursor.u64("a length of a key");
  if (lengthBytes === 0) throw cursor.invalid("has an empty metadata key");
  if (lengthBytes > limits.maxStringBytes)
    throw cursor.limit(
      `has a metadata key of ${lengthBytes} bytes; at most ${limits.maxStringBytes} are allowed`,
    );
  while (cursor.lacks(lengthBytes, "a metadata key")) yield;
  return cursor.name(lengthBytes, "a metadata key");
}
