// SPDX-License-Identifier: Apache-2.0
export { assertMaySign, type KeyPins, type KeyVerdict, type SignedBy } from "./key-rules.ts";
export { readPolicyFile } from "./log-policy.ts";
export { forgetLog, type PinnedLog, readPinnedLogs } from "./pinned-logs.ts";
export {
  type CheckedRelease,
  openReleaseTrust,
  type ReleaseTrust,
  type ReleaseTrustDeps,
} from "./release-trust.ts";
export { offlinePolicy } from "./settle-log-policy.ts";
export { readTrustedKeys, trustKey } from "./trusted-keys.ts";
export { openTrustedLog, type TrustDeps, type TrustedLog } from "./trusted-log.ts";
