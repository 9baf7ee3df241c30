// SPDX-License-Identifier: Apache-2.0
declare const brand: unique symbol;
/** `lfp1:` and 64 lower-case hex digits: which weights a base model has, whatever its quantization. */
export type Fingerprint = `lfp1:${string}` & { readonly [brand]: "Fingerprint" };

const FINGERPRINT = /^lfp1:[0-9a-f]{64}$/;

export function isFingerprint(text: string): text is Fingerprint {
  return FINGERPRINT.test(text);
}

/** For people: `lfp1:` and 12 hex digits. */
export function formatFingerprint(fingerprint: Fingerprint): string {
  return fingerprint.slice(0, 5 + 12);
}
