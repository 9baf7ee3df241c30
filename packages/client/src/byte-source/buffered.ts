// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "./byte-source.ts";

export interface BufferedSourceOptions {
  /** Bytes that are read at once. */
  readonly blockBytes?: number;
  /** Blocks that are kept; the one longest unused goes first. */
  readonly maxBlocks?: number;
}

/**
 * Reads in aligned blocks and keeps the last ones, so that many small reads near each other cost one.
 * A read longer than a block goes to the source as it is.
 */
export function bufferedSource(source: ByteSource, options: BufferedSourceOptions = {}): ByteSource {
  const { blockBytes = 256 * 1024, maxBlocks = 16 } = options;
  /** In the order of use. Promises, so that two readers of a block wait for the same read. */
  const blocks = new Map<number, Promise<Uint8Array>>();

  const block = (index: number): Promise<Uint8Array> => {
    const start = index * blockBytes;
    const bytes = blocks.get(index) ?? source.read(start, Math.min(blockBytes, source.sizeBytes - start));
    blocks.delete(index);
    blocks.set(index, bytes);
    const [oldest] = blocks.keys();
    if (blocks.size > maxBlocks && oldest !== undefined) blocks.delete(oldest);
    // A failure is not kept: the next reader tries again.
    bytes.catch(() => {
      if (blocks.get(index) === bytes) blocks.delete(index);
    });
    return bytes;
  };

  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    read: async (offset, lengthBytes) => {
      if (lengthBytes === 0) return new Uint8Array(0);
      if (lengthBytes > blockBytes || offset + lengthBytes > source.sizeBytes)
        return source.read(offset, lengthBytes);
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((offset + lengthBytes - 1) / blockBytes);
      const start = offset - first * blockBytes;
      const head = await block(first);
      if (first === last) return head.subarray(start, start + lengthBytes);
      const whole = new Uint8Array(lengthBytes);
      whole.set(head.subarray(start));
      whole.set((await block(last)).subarray(0, lengthBytes - (blockBytes - start)), blockBytes - start);
      return whole;
    },
  };
}
