// SPDX-License-Identifier: Apache-2.0
/** Names of quantizations as people know them: `general.file_type` is an enum llama_ftype of llama.cpp. */
import { getUint } from "./metadata.ts";
import type { GgufFile } from "./read.ts";
import type { TensorType } from "./tensor-types.ts";

const FILE_TYPES: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  7: "Q8_0",
  8: "Q5_0",
  9: "Q5_1",
  10: "Q2_K",
  11: "Q3_K_S",
  12: "Q3_K_M",
  13: "Q3_K_L",
  14: "Q4_K_S",
  15: "Q4_K_M",
  16: "Q5_K_S",
  17: "Q5_K_M",
  18: "Q6_K",
  19: "IQ2_XXS",
  20: "IQ2_XS",
  21: "Q2_K_S",
  22: "IQ3_XS",
  23: "IQ3_XXS",
  24: "IQ1_S",
  25: "IQ4_NL",
  26: "IQ3_S",
  27: "IQ3_M",
  28: "IQ2_S",
  29: "IQ2_M",
  30: "IQ4_XS",
  31: "IQ1_M",
  32: "BF16",
  36: "TQ1_0",
  37: "TQ2_0",
  38: "MXFP4_MOE",
  39: "NVFP4",
  40: "Q1_0",
  41: "Q2_0",
};

/** What the file says of itself, else the tensor type that holds the most bytes. */
export function quantizationOf(file: GgufFile): string {
  const named = FILE_TYPES[getUint(file, "general.file_type") ?? -1];
  if (named !== undefined) return named;
  const bytes = new Map<TensorType, number>();
  for (const { type, sizeBytes } of file.tensors) bytes.set(type, (bytes.get(type) ?? 0) + sizeBytes);
  const [most] = [...bytes].sort(([, x], [, y]) => y - x);
  return most?.[0] ?? "unknown";
}
