// SPDX-License-Identifier: Apache-2.0
export { ACTIONS, type Action } from "./actions.ts";
export { ensureAdminToken } from "./admin-token.ts";
export { authenticate, authenticateToken } from "./authenticate.ts";
export type { Caller, Holder } from "./caller.ts";
export { assertOperator } from "./operator.ts";
export { assertAllowed, assertFor, assertForAll, assertMay, mayRead, roleOn, rolesOf } from "./rights.ts";
export { ROLES, type Role } from "./roles.ts";
export { generateToken, hashToken, isToken } from "./token.ts";
export {
  callerIfAny,
  hiddenBlobs,
  isPrivateBlobVisible,
  isVisible,
  PRIVATE_IMMUTABLE,
  PRIVATE_SHORT_LIVED,
  searchableFor,
} from "./visible.ts";
