// SPDX-License-Identifier: Apache-2.0
import { createSha256, type Sha256 } from "../digest.ts";

const STAGE_BYTES = 64 * 1024;
/** Below it, a view costs more than copying byte by byte. */
const SHORT_BYTES = 64;
const ENCODER = new TextEncoder();

/**
 * sha256 over items that say how long they are, so that no two lists of items have the same bytes:
 *
 *     number = u64, little-endian           text = number of UTF-8 bytes, the bytes
 *     list   = number of items, the items   data = number of bytes, the bytes
 */
export interface HashWriter {
  /** A whole number below 2^53. */
  number(value: number): HashWriter;
  text(value: string): HashWriter;
  numbers(values: readonly number[]): HashWriter;
  data(bytes: Uint8Array): HashWriter;
  /** Bytes that carry their lengths already, from `start` to `end`. */
  raw(bytes: Uint8Array, start?: number, end?: number): HashWriter;
  digest(): Sha256;
}

/** Begins with the text `tag`, so that one component can never be taken for another. */
export function createHashWriter(tag: string): HashWriter {
  const hash = createSha256();
  // A tokenizer has half a million items of a few bytes: hashed one by one they take ten times as long.
  const stage = new Uint8Array(STAGE_BYTES);
  const view = new DataView(stage.buffer);
  let used = 0;
  const flush = () => {
    hash.update(stage.subarray(0, used));
    used = 0;
  };
  const writer: HashWriter = {
    number(value) {
      if (used + 8 > STAGE_BYTES) flush();
      view.setUint32(used, value, true);
      view.setUint32(used + 4, Math.floor(value / 2 ** 32), true);
      used += 8;
      return writer;
    },
    raw(bytes, start = 0, end = bytes.length) {
      const length = end - start;
      if (used + length > STAGE_BYTES) flush();
      if (length > STAGE_BYTES) hash.update(bytes.subarray(start, end));
      else if (length > SHORT_BYTES) stage.set(bytes.subarray(start, end), used);
      else for (let i = 0; i < length; i += 1) stage[used + i] = bytes[start + i] ?? 0;
      if (length <= STAGE_BYTES) used += length;
      return writer;
    },
    data: (bytes) => writer.number(bytes.length).raw(bytes),
    text: (value) => writer.data(ENCODER.encode(value)),
    numbers(values) {
      writer.number(values.length);
      for (const value of values) writer.number(value);
      return writer;
    },
    digest() {
      flush();
      return hash.digest();
    },
  };
  return writer.text(tag);
}
