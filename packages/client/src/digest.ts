// SPDX-License-Identifier: Apache-2.0
/** sha256 as lower-case hex: the only digest of the project, the name of every blob. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

declare const brand: unique symbol;
/** 64 lower-case hex digits. Checked, so it is safe to build a path from. */
export type Sha256 = string & { readonly [brand]: "Sha256" };

const HEX = /^[0-9a-f]{64}$/;

export function isSha256(text: string): text is Sha256 {
  return HEX.test(text);
}

/** Of bytes, or of a text's UTF-8. For what is in memory; the store streams with the platform's own hash. */
export function sha256Of(data: Uint8Array | string): Sha256 {
  return bytesToHex(sha256(typeof data === "string" ? utf8ToBytes(data) : data)) as Sha256;
}

export interface Sha256Stream {
  update(chunk: Uint8Array): this;
  digest(): Sha256;
}

/** An incremental hash that runs in browsers too. */
export function createSha256(): Sha256Stream {
  const hash = sha256.create();
  const stream: Sha256Stream = {
    update(chunk) {
      hash.update(chunk);
      return stream;
    },
    digest: () => bytesToHex(hash.digest()) as Sha256,
  };
  return stream;
}
