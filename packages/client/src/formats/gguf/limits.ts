// SPDX-License-Identifier: Apache-2.0
/**
 * What a GGUF file may claim. llama.cpp's own caps (65,536 keys, strings of 1 GiB) are far too wide for a file that
 * a stranger made, and past them its parser has had overflows and failed assertions. An adapter is a small thing, so
 * its limits are narrow; a base carries a tokenizer, so its header may be larger. Both bound memory: nothing is
 * allocated on the word of the file, and a header is held in memory once.
 */
export interface GgufLimits {
  /** Versions of the container. 2 has the layout of 3, without big-endian files. */
  readonly versions: readonly number[];
  /** From the first byte to the end of the tensor infos. */
  readonly maxHeaderBytes: number;
  readonly maxKeys: number;
  readonly maxTensors: number;
  /** Of a key, a string value, or a string in an array. */
  readonly maxStringBytes: number;
  readonly maxArrayElements: number;
  /** Whether the file must end where the padded data of the last tensor ends. */
  readonly endsWithData: boolean;
}

/** Far above any model: each takes 300 bytes of memory here and 400 in llama.cpp, before a byte of data is read. */
const MAX_TENSORS = 16_384;

/** For a file that is given to llama.cpp as an adapter. */
export const ADAPTER_LIMITS = {
  versions: [3],
  /** As many tensors as allowed, with the longest names, take 2 MiB. */
  maxHeaderBytes: 8 * 1024 * 1024,
  maxKeys: 256,
  maxTensors: MAX_TENSORS,
  maxStringBytes: 64 * 1024,
  maxArrayElements: 4096,
  endsWithData: true,
} as const satisfies GgufLimits;

/** For a base model, of which only the header and the norms are read. */
export const BASE_LIMITS = {
  versions: [2, 3],
  /** A tokenizer of 300,000 tokens with 600,000 merges takes 17 MiB. */
  maxHeaderBytes: 24 * 1024 * 1024,
  maxKeys: 4096,
  maxTensors: MAX_TENSORS,
  maxStringBytes: 4 * 1024 * 1024,
  maxArrayElements: 1_048_576,
  endsWithData: false,
} as const satisfies GgufLimits;

/** ggml keeps a tensor's name in 64 bytes, the last one zero. */
export const MAX_TENSOR_NAME_BYTES = 63;
export const MAX_TENSOR_DIMS = 4;
/** Elements, bytes, counts and offsets: what a JavaScript number holds exactly. */
export const MAX_SAFE_VALUE = Number.MAX_SAFE_INTEGER;
export const MAX_ALIGNMENT = 4096;
export const DEFAULT_ALIGNMENT = 32;
/** An adapter's tensors are matrices, or one matrix per expert. */
export const MAX_ADAPTER_DIMS = 3;
