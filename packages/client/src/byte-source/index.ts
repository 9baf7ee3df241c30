// SPDX-License-Identifier: Apache-2.0
export { blobSource } from "./blob.ts";
export { type BufferedSourceOptions, bufferedSource } from "./buffered.ts";
export type { ByteSource } from "./byte-source.ts";
export { type HttpSourceOptions, httpSource } from "./http.ts";
export { bytesSource } from "./memory.ts";
