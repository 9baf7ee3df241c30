// SPDX-License-Identifier: Apache-2.0
/**
 * Whether a caller may do something to something. Three questions, in this order, so that a refusal says nothing of what
 * the caller may not see: does the token allow the action, is the token for this package, has its holder a role.
 */
import { LoraError } from "@lora/client/errors";
import { type PackageName, type ScopeName, scopeOf } from "@lora/client/names";
import { and, eq } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import type { Action } from "./actions.ts";
import type { Caller } from "./caller.ts";
import { matchesPattern } from "./package-pattern.ts";
import { allows, higherRole, lowerRole, type Role } from "./roles.ts";

/** @throws LoraError FORBIDDEN unless the caller's token allows one of the actions */
export function assertAllowed(caller: Caller, ...anyOf: [Action, ...Action[]]): void {
  if (anyOf.some((action) => caller.actions.includes(action))) return;
  throw new LoraError(
    "FORBIDDEN",
    `the token ${JSON.stringify(caller.name)} does not allow ${anyOf.join(" or ")}`,
    { details: { needs: anyOf, has: caller.actions } },
  );
}

/**
 * @param target a package, which need not exist, or a scope
 * @throws LoraError FORBIDDEN unless the caller may do one of the actions there
 */
export async function assertMay(
  db: Queryable,
  caller: Caller,
  target: PackageName | ScopeName,
  ...anyOf: [Action, ...Action[]]
): Promise<void> {
  assertAllowed(caller, ...anyOf);
  assertFor(caller, target);
  if (await hasRight(db, caller, target, anyOf)) return;
  const scope = scopeOfTarget(target);
  throw new LoraError("FORBIDDEN", `this account may not do that to ${scope}`, {
    hint: `ask an owner: lora owner add ${scope} YOUR-ACCOUNT`,
    details: { scope, needs: anyOf },
  });
}

/** @throws LoraError FORBIDDEN for a token that is limited to other packages; a scope is all of its packages */
export function assertFor(caller: Caller, target: PackageName | ScopeName): void {
  if (isFor(caller, target)) return;
  throw new LoraError("FORBIDDEN", `the token ${JSON.stringify(caller.name)} is not for ${target}`, {
    details: { target, packages: caller.packages },
  });
}

/** For what has to do with more than one scope. @throws LoraError FORBIDDEN for a token that is limited to packages */
export function assertForAll({ name, packages }: Caller): void {
  if (packages === null) return;
  throw new LoraError("FORBIDDEN", `the token ${JSON.stringify(name)} is not for all packages`, {
    details: { packages },
  });
}

/** Whether the caller may see a private package. */
export async function mayRead(db: Queryable, caller: Caller, name: PackageName): Promise<boolean> {
  return (
    caller.actions.includes("read") && isFor(caller, name) && (await hasRight(db, caller, name, ["read"]))
  );
}

function isFor(caller: Caller, target: PackageName | ScopeName): boolean {
  return caller.packages?.some((pattern) => matchesPattern(pattern, target)) ?? true;
}

async function hasRight(
  db: Queryable,
  { holder, actions }: Caller,
  target: PackageName | ScopeName,
  anyOf: readonly Action[],
): Promise<boolean> {
  if (holder.kind === "operator") return true;
  if (holder.kind === "publisher") return holder.package === target;
  const role = await roleOn(db, holder.userId, scopeOfTarget(target));
  return role !== undefined && anyOf.some((action) => actions.includes(action) && allows(role, action));
}

/** The highest that the account has itself or through an organisation; undefined for a stranger. */
export async function roleOn(db: Queryable, userId: string, scope: ScopeName): Promise<Role | undefined> {
  return (await rolesOf(db, userId, scope)).get(scope);
}

/** By scope, for every scope that the account has to do with, or for the one. */
export async function rolesOf(
  db: Queryable,
  userId: string,
  scope?: ScopeName,
): Promise<Map<ScopeName, Role>> {
  const { organisationMembers, scopeMembers } = tables;
  const ofScope = scope === undefined ? undefined : eq(scopeMembers.scope, scope);
  const own = await db
    .select({ scope: scopeMembers.scope, role: scopeMembers.role })
    .from(scopeMembers)
    .where(and(eq(scopeMembers.userId, userId), ofScope));
  const through = await db
    .select({ scope: scopeMembers.scope, role: scopeMembers.role, member: organisationMembers.role })
    .from(scopeMembers)
    .innerJoin(organisationMembers, eq(organisationMembers.organisationId, scopeMembers.organisationId))
    .where(and(eq(organisationMembers.userId, userId), ofScope));
  const roles = new Map<ScopeName, Role>();
  const add = (name: string, role: Role) => {
    const before = roles.get(name as ScopeName);
    roles.set(name as ScopeName, before === undefined ? role : higherRole(before, role));
  };
  for (const row of own) add(row.scope, row.role as Role);
  for (const row of through) add(row.scope, lowerRole(row.role as Role, row.member as Role));
  return roles;
}

function scopeOfTarget(target: PackageName | ScopeName): ScopeName {
  return target.includes("/") ? scopeOf(target as PackageName) : (target as ScopeName);
}
