// SPDX-License-Identifier: Apache-2.0
export { type Bundle, formatBundle, MAX_BUNDLE_BYTES, parseBundle } from "./bundle.ts";
export {
  generateSigningKey,
  importPublicKey,
  importSigningKey,
  type PublicKey,
  type SigningKey,
} from "./keys.ts";
export { type SignedRelease, signRelease, verifyReleaseBundle } from "./release.ts";
export type { ReleaseFile } from "./statement.ts";
