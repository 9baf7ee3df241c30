// SPDX-License-Identifier: Apache-2.0
export {
  assertMayOwnOrganisation,
  assertMayOwnScope,
  MAX_ORGANISATIONS,
  MAX_SCOPES,
} from "./account-quota.ts";
export { DEFAULT_RATE_LIMITS, limitRates, limitSignIns, type RateLimits } from "./rate-limits.ts";
export { assertWithinQuota, type ScopeQuota } from "./scope-quota.ts";
export {
  createUploadBudget,
  DEFAULT_UPLOAD_BYTES,
  type HandedOut,
  type UploadBudget,
} from "./upload-budget.ts";
