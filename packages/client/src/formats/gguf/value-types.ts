// SPDX-License-Identifier: Apache-2.0
/** The types of metadata values, by their number in the file (enum gguf_type of llama.cpp's ggml/include/gguf.h). */
export const VALUE_TYPES = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "string",
  "array",
  "u64",
  "i64",
  "f64",
] as const;

export type ValueType = (typeof VALUE_TYPES)[number];
export type ElementType = Exclude<ValueType, "array">;
export type FixedSizeType = Exclude<ElementType, "string">;

/** Bytes of one value. */
export const VALUE_SIZE_BYTES: Readonly<Record<FixedSizeType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
};
