// SPDX-License-Identifier: Apache-2.0
/** What an account, or an organisation's member, is to a scope. Each role may do what the ones below it may. */
import { SCOPE_ROLES, type ScopeRole } from "@lora/client/documents";
import type { Action } from "./actions.ts";

export const ROLES = SCOPE_ROLES;
export type Role = ScopeRole;

const ACTIONS_OF: Record<Role, readonly Action[]> = {
  reader: ["read"],
  publisher: ["read", "publish-new", "publish-update", "yank"],
  owner: ["read", "publish-new", "publish-update", "yank", "owners"],
};

export function allows(role: Role, action: Action): boolean {
  return ACTIONS_OF[role].includes(action);
}

/** An organisation's member has in its scopes what both the member and the organisation have. */
export function lowerRole(a: Role, b: Role): Role {
  return ROLES.indexOf(a) < ROLES.indexOf(b) ? a : b;
}

export function higherRole(a: Role, b: Role): Role {
  return lowerRole(a, b) === a ? b : a;
}
