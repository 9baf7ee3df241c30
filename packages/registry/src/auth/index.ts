// SPDX-License-Identifier: Apache-2.0
export { ACTIONS, type Action } from "./actions.ts";
export { ensureAdminToken } from "./admin-token.ts";
export { assertAllowed, authenticate, type Caller } from "./authenticate.ts";
export { generateToken, hashToken, isToken } from "./token.ts";
