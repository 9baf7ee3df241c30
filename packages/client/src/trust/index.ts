// SPDX-License-Identifier: Apache-2.0
export { type AuditFinding, type AuditOutcome, auditLockfile, isAlarm } from "./audit.ts";
export { assertMaySign, type KeyPins, type KeyVerdict, type SignedBy } from "./key-rules.ts";
export { readPolicyFile } from "./log-policy.ts";
export { type Expected, lookAtScope, type ScopeEvent, type Watch } from "./monitor.ts";
export { forgetLog, type PinnedLog, readPinnedLogs } from "./pinned-logs.ts";
export { assertPublished } from "./published-receipt.ts";
export {
  type CheckedRelease,
  openReleaseTrust,
  type ReleaseTrust,
  type ReleaseTrustDeps,
} from "./release-trust.ts";
export { offlinePolicy, settleLogPolicy } from "./settle-log-policy.ts";
export { readTrustedKeys, trustKey } from "./trusted-keys.ts";
export { openTrustedLog, type TrustDeps, type TrustedLog } from "./trusted-log.ts";
export {
  type CheckResult,
  type ProjectVerification,
  type VerifiedLog,
  type VerifiedPackage,
  type VerifyRequest,
  verifyProject,
} from "./verify-project.ts";
