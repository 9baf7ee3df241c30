// SPDX-License-Identifier: Apache-2.0
export { isPickleName, pickleRefused } from "./foreign.ts";
export { DTYPE_BYTES, type Dtype, type SafetensorsHeader, type SafetensorsTensor } from "./header.ts";
export { MAX_DIMS, MAX_HEADER_BYTES, MAX_INDEX_BYTES, MAX_NAME_LENGTH, MAX_SHARDS } from "./limits.ts";
export { readSafetensors, readSafetensorsData, type SafetensorsFile } from "./read.ts";
export { parseShardIndex, readShards, type ShardedTensor } from "./sharded.ts";
export { encodeSafetensorsChunks, type SafetensorsContent, writeSafetensors } from "./write.ts";
