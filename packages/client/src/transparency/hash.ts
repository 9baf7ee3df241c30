// SPDX-License-Identifier: Apache-2.0
/** The hashes of the log's tree as raw bytes: tiles are nothing but these, one after the other. */
import { decodeBase64 } from "../signing/base64.ts";

declare const brand: unique symbol;
/** Exactly 32 bytes, possibly a view into a tile: never written to. */
export type Hash = Uint8Array<ArrayBuffer> & { readonly [brand]: "Hash" };

export const HASH_BYTES = 32;

export function isHash(bytes: Uint8Array): bytes is Hash {
  return bytes.length === HASH_BYTES;
}

/** Not in constant time: everything that is compared here is public. */
export function hashesEqual(a: Hash, b: Hash): boolean {
  return a.every((byte, i) => byte === b[i]);
}

/** Undefined unless the text is the canonical base64 of 32 bytes. */
export function decodeHash(base64: string): Hash | undefined {
  const bytes = decodeBase64(base64);
  return bytes !== undefined && isHash(bytes) ? bytes : undefined;
}
