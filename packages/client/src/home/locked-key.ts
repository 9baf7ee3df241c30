// SPDX-License-Identifier: Apache-2.0
/**
 * A private key that a passphrase locks: PKCS#8 in PEM with PBES2 around it (RFC 5958, RFC 8018), as OpenSSL reads and
 * writes it.
 *
 *     -----BEGIN ENCRYPTED PRIVATE KEY-----\n
 *     MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg…\n
 *     -----END ENCRYPTED PRIVATE KEY-----\n
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { LoraError } from "../errors.ts";

/** OpenSSL's own limit; what is longer it cuts off without a word. */
const MAX_PASSPHRASE_BYTES = 1024;

/** Where a passphrase comes from. `what` names the key, for a question. */
export type Passphrase = (what: string) => Promise<string>;

export function isLockedKey(pem: string): boolean {
  return pem.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

/** @throws LoraError USAGE for a passphrase that is empty or too long */
export function lockKey(privatePem: string, passphrase: string): string {
  if (passphrase === "") throw new LoraError("USAGE", "a key cannot be locked with an empty passphrase");
  if (isTooLong(passphrase)) {
    throw new LoraError("USAGE", `a passphrase has at most ${MAX_PASSPHRASE_BYTES} bytes`);
  }
  const options = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase } as const;
  return createPrivateKey(privatePem).export(options).toString();
}

/**
 * @param what names the key in messages
 * @returns unlocked PKCS#8 in PEM
 * @throws LoraError KEY_LOCKED
 */
export function unlockKey(lockedPem: string, passphrase: string, what: string): string {
  return openKey(lockedPem, passphrase, what).export({ type: "pkcs8", format: "pem" }).toString();
}

function openKey(pem: string, passphrase: string, what: string): KeyObject {
  try {
    if (!isTooLong(passphrase)) return createPrivateKey({ key: pem, format: "pem", passphrase });
  } catch (cause) {
    // A wrong passphrase and spoilt bytes look the same from here.
    throw wrongPassphrase(what, cause);
  }
  throw wrongPassphrase(what);
}

function wrongPassphrase(what: string, cause?: unknown): LoraError {
  return new LoraError("KEY_LOCKED", `the passphrase does not open ${what}`, { cause });
}

function isTooLong(passphrase: string): boolean {
  return Buffer.byteLength(passphrase) > MAX_PASSPHRASE_BYTES;
}
