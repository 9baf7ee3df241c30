// SPDX-License-Identifier: Apache-2.0
export type { ByteSource } from "./byte-source.ts";
export { bytesSource } from "./memory.ts";
