// SPDX-License-Identifier: Apache-2.0
/**
 * Element types of tensors, by their number in the file: how many elements make a block, how many bytes a block has
 * (enum ggml_type and the block structures of llama.cpp, v0.5.0). Numbers that are missing were removed from GGUF.
 */
const row = <Id extends number>(id: Id, blockElements: number, blockBytes: number) => ({
  id,
  blockElements,
  blockBytes,
});

export const TENSOR_TYPES = {
  F32: row(0, 1, 4),
  F16: row(1, 1, 2),
  Q4_0: row(2, 32, 18),
  Q4_1: row(3, 32, 20),
  Q5_0: row(6, 32, 22),
  Q5_1: row(7, 32, 24),
  Q8_0: row(8, 32, 34),
  Q8_1: row(9, 32, 36),
  Q2_K: row(10, 256, 84),
  Q3_K: row(11, 256, 110),
  Q4_K: row(12, 256, 144),
  Q5_K: row(13, 256, 176),
  Q6_K: row(14, 256, 210),
  Q8_K: row(15, 256, 292),
  IQ2_XXS: row(16, 256, 66),
  IQ2_XS: row(17, 256, 74),
  IQ3_XXS: row(18, 256, 98),
  IQ1_S: row(19, 256, 50),
  IQ4_NL: row(20, 32, 18),
  IQ3_S: row(21, 256, 110),
  IQ2_S: row(22, 256, 82),
  IQ4_XS: row(23, 256, 136),
  I8: row(24, 1, 1),
  I16: row(25, 1, 2),
  I32: row(26, 1, 4),
  I64: row(27, 1, 8),
  F64: row(28, 1, 8),
  IQ1_M: row(29, 256, 56),
  BF16: row(30, 1, 2),
  TQ1_0: row(34, 256, 54),
  TQ2_0: row(35, 256, 66),
  MXFP4: row(39, 32, 17),
  NVFP4: row(40, 64, 36),
  Q1_0: row(41, 128, 18),
  Q2_0: row(42, 64, 18),
} as const;

export type TensorType = keyof typeof TENSOR_TYPES;

const BY_ID = new Map<number, TensorType>(
  (Object.keys(TENSOR_TYPES) as TensorType[]).map((name) => [TENSOR_TYPES[name].id, name]),
);

export function tensorTypeOf(id: number): TensorType | undefined {
  return BY_ID.get(id);
}

/** Bytes of a tensor whose first dimension is a multiple of its type's block. */
export function tensorSizeBytes(type: TensorType, elements: number): number {
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  return (elements / blockElements) * blockBytes;
}

/** `[2048, 1]` → `[2048]`: the same tensor, as llama.cpp writes it when it quantizes a file. */
export function withoutTrailingOnes(dims: readonly number[]): readonly number[] {
  if (dims.at(-1) !== 1) return dims;
  return dims.slice(0, Math.max(1, dims.findLastIndex((dim) => dim !== 1) + 1));
}
