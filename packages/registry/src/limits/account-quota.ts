// SPDX-License-Identifier: Apache-2.0
/**
 * What one account may make of what nobody else can have then: names. An operator may have any number made for it, by the
 * admin token or an operator's account.
 */
import { LoraError } from "@lora/client/errors";
import { and, count, eq } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";

/** Scopes of which an account, or an organisation, is an owner. */
export const MAX_SCOPES = 100;
/** Organisations of which an account is an owner. */
export const MAX_ORGANISATIONS = 100;

/** @throws LoraError QUOTA_EXCEEDED */
export async function assertMayOwnScope(
  db: Queryable,
  owner: { userId: string } | { organisationId: string },
): Promise<void> {
  const { scopeMembers } = tables;
  const own =
    "userId" in owner
      ? eq(scopeMembers.userId, owner.userId)
      : eq(scopeMembers.organisationId, owner.organisationId);
  const [found] = await db
    .select({ n: count() })
    .from(scopeMembers)
    .where(and(own, eq(scopeMembers.role, "owner")));
  if ((found?.n ?? 0) >= MAX_SCOPES) throw exceeded("scopes", MAX_SCOPES);
}

/** @throws LoraError QUOTA_EXCEEDED */
export async function assertMayOwnOrganisation(db: Queryable, userId: string): Promise<void> {
  const { organisationMembers } = tables;
  const [found] = await db
    .select({ n: count() })
    .from(organisationMembers)
    .where(and(eq(organisationMembers.userId, userId), eq(organisationMembers.role, "owner")));
  if ((found?.n ?? 0) >= MAX_ORGANISATIONS) throw exceeded("organisations", MAX_ORGANISATIONS);
}

function exceeded(kind: string, limit: number): LoraError {
  return new LoraError("QUOTA_EXCEEDED", `one owner may have ${limit} ${kind} in this registry`, {
    hint: "ask the registry's operator for more",
    details: { kind, limit },
  });
}
