// SPDX-License-Identifier: Apache-2.0
/**
 * Entry bundles of C2SP tlog-tiles: up to 256 entries of the log, each behind its length as u16 big-endian.
 *
 *     00 03 'o' 'n' 'e'  00 03 't' 'w' 'o'
 */
import { LoraError } from "../errors.ts";
import { TILE_WIDTH } from "./tile.ts";

/** The largest length that two bytes can say. */
export const MAX_ENTRY_BYTES = 0xffff;
export const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES);

/** @throws RangeError for an entry that is too long: what goes into a log is the log's own */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new RangeError(`an entry of ${entry.length} bytes`);
    view.setUint16(at, entry.length);
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/**
 * The first `width` entries. As with tiles, a full bundle serves for a partial one of which it is the continuation.
 * @param bytes from a mirror, compared with nothing yet
 * @throws LoraError LOG_TILE_INVALID
 */
export function parseEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) throw invalid("ends inside a length");
    const end = at + 2 + view.getUint16(at);
    if (end > bytes.length) throw invalid(`ends inside entry ${entries.length}`);
    entries.push(bytes.slice(at + 2, end));
    if (entries.length > TILE_WIDTH) throw invalid(`has more than ${TILE_WIDTH} entries`);
    at = end;
  }
  if (entries.length !== width && entries.length !== TILE_WIDTH) {
    throw invalid(`has ${entries.length} entries where ${width} were expected`);
  }
  return entries.slice(0, width);
}

function invalid(what: string): LoraError {
  return new LoraError("LOG_TILE_INVALID", `the bundle of log entries ${what}`);
}
