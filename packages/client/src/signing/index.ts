// SPDX-License-Identifier: Apache-2.0
export { type Bundle, formatBundle, MAX_BUNDLE_BYTES, parseBundle } from "./bundle.ts";
export {
  type KeyAddition,
  MAX_KEY_STATEMENT_BYTES,
  signKeyStatement,
  verifyKeyStatement,
} from "./key-statement.ts";
export {
  generateSigningKey,
  importPublicKey,
  importSigningKey,
  type PublicKey,
  type SigningKey,
} from "./keys.ts";
export { type SignedRelease, signRelease, verifyReleaseBundle } from "./release.ts";
export type { ReleaseFile } from "./statement.ts";
