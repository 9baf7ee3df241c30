// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** Bytes that are in memory already. The reads are views, not copies. */
export function bytesSource(bytes: Uint8Array, name = "memory"): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: async (offset, lengthBytes) => {
      if (offset + lengthBytes > bytes.length)
        throw new LoraError("IO_FAILED", `${name} ends before byte ${offset + lengthBytes}`);
      return bytes.subarray(offset, offset + lengthBytes);
    },
  };
}
