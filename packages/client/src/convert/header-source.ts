// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";

/** A file of which only the header exists yet, for readers of headers. Behind it are zeros. */
export function headerSource(header: Uint8Array, sizeBytes: number, name: string): ByteSource {
  return {
    name,
    sizeBytes,
    read: async (offset, lengthBytes) => {
      const bytes = new Uint8Array(lengthBytes);
      bytes.set(header.subarray(offset, offset + lengthBytes));
      return bytes;
    },
  };
}
