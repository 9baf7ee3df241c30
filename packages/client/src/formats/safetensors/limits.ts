// SPDX-License-Identifier: Apache-2.0
/**
 * What a safetensors file may claim. The format's own cap on a header is 100 MB; the header of a 405B model's largest
 * shard, or of an adapter for all of its layers, is below 200 KiB. The number of tensors follows from it.
 */
export const MAX_HEADER_BYTES = 1024 * 1024;
/** `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight` has 60. */
export const MAX_NAME_LENGTH = 255;
export const MAX_DIMS = 8;
/** Of an index of shards: 100 bytes a tensor. */
export const MAX_INDEX_BYTES = 8 * 1024 * 1024;
export const MAX_SHARDS = 1024;
