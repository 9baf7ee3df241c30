// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "../digest.ts";
import type { ScopeKeyDocument } from "./scope-keys.ts";

/** Keys that may sign now: not revoked, and not waiting after a reset. The newest is the last. */
export function usableKeyIds(keys: readonly ScopeKeyDocument[], now = Date.now()): Sha256[] {
  return keys
    .filter(({ revoked, reset }) => revoked === undefined && (reset?.notBefore ?? 0) * 1000 <= now)
    .map(({ keyId }) => keyId);
}
