// SPDX-License-Identifier: Apache-2.0
/** Organisations: accounts that have a name and roles together. What its members may do in a scope, it must have there. */
import { randomBytes } from "node:crypto";
import type { Members, Organisations, ScopeRole } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { and, asc, eq } from "drizzle-orm";
import type { Caller } from "../auth/index.ts";
import { type Database, type Queryable, tables } from "../database/index.ts";
import { assertMayOwnOrganisation } from "../limits/index.ts";

/** @throws LoraError NAME_TAKEN, QUOTA_EXCEEDED */
export async function createOrganisation(db: Database, name: string, userId: string): Promise<string> {
  const { organisationMembers, organisations, users } = tables;
  return db.transaction(async (tx) => {
    // Of several requests at once each sees what the one before made.
    await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
    await assertMayOwnOrganisation(tx, userId);
    const id = randomBytes(16).toString("hex");
    const now = new Date();
    const made = await tx
      .insert(organisations)
      .values({ id, name, createdAt: now })
      .onConflictDoNothing()
      .returning({ id: organisations.id });
    if (made.length === 0) throw new LoraError("NAME_TAKEN", `there is an organisation ${name} already`);
    await tx.insert(organisationMembers).values({ organisationId: id, userId, role: "owner", addedAt: now });
    return id;
  });
}

export async function listOrganisations(db: Queryable, userId: string): Promise<Organisations> {
  const { organisationMembers, organisations } = tables;
  const rows = await db
    .select({ name: organisations.name, role: organisationMembers.role })
    .from(organisationMembers)
    .innerJoin(organisations, eq(organisations.id, organisationMembers.organisationId))
    .where(eq(organisationMembers.userId, userId))
    .orderBy(asc(organisations.name));
  return { organisations: rows.map(({ name, role }) => ({ name, role: role as ScopeRole })) };
}

/**
 * Members see one another; to a stranger the organisation does not exist.
 * @param needs `owner` to change something
 * @returns its id
 * @throws LoraError ACCOUNT_NOT_FOUND, FORBIDDEN
 */
export async function assertMember(
  db: Queryable,
  { holder }: Caller,
  name: string,
  needs?: "owner",
): Promise<string> {
  const { organisationMembers, organisations } = tables;
  const unknown = () => new LoraError("ACCOUNT_NOT_FOUND", `there is no organisation ${name}`);
  const [found] = await db
    .select({ id: organisations.id })
    .from(organisations)
    .where(eq(organisations.name, name));
  if (found === undefined) throw unknown();
  if (holder.kind === "operator") return found.id;
  if (holder.kind === "publisher") throw unknown();
  const [own] = await db
    .select({ role: organisationMembers.role })
    .from(organisationMembers)
    .where(
      and(eq(organisationMembers.organisationId, found.id), eq(organisationMembers.userId, holder.userId)),
    );
  if (own === undefined) throw unknown();
  if (needs === "owner" && own.role !== "owner") {
    throw new LoraError("FORBIDDEN", `only owners of ${name} may do that`);
  }
  return found.id;
}

export async function listMembers(db: Queryable, id: string, organisation: string): Promise<Members> {
  const { organisationMembers, users } = tables;
  const rows = await db
    .select({ name: users.name, role: organisationMembers.role, addedAt: organisationMembers.addedAt })
    .from(organisationMembers)
    .innerJoin(users, eq(users.id, organisationMembers.userId))
    .where(eq(organisationMembers.organisationId, id))
    .orderBy(asc(organisationMembers.addedAt), asc(users.name));
  return {
    organisation,
    members: rows.map(({ name, role, addedAt }) => ({
      name,
      role: role as ScopeRole,
      addedAt: addedAt.toISOString(),
    })),
  };
}

/**
 * @param role null takes it away
 * @throws LoraError ACCOUNT_NOT_FOUND, LAST_OWNER
 */
export async function setMember(
  db: Database,
  id: string,
  organisation: string,
  member: string,
  role: ScopeRole | null,
): Promise<Members> {
  const { organisationMembers, organisations, users } = tables;
  return db.transaction(async (tx) => {
    await tx.select().from(organisations).where(eq(organisations.id, id)).for("update");
    const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.name, member));
    if (user === undefined) throw new LoraError("ACCOUNT_NOT_FOUND", `there is no account ${member}`);
    const own = and(eq(organisationMembers.organisationId, id), eq(organisationMembers.userId, user.id));
    if (role === null) await tx.delete(organisationMembers).where(own);
    else {
      await tx
        .insert(organisationMembers)
        .values({ organisationId: id, userId: user.id, role, addedAt: new Date() })
        .onConflictDoUpdate({
          target: [organisationMembers.organisationId, organisationMembers.userId],
          set: { role },
        });
    }
    const members = await listMembers(tx, id, organisation);
    if (members.members.some((each) => each.role === "owner")) return members;
    throw new LoraError("LAST_OWNER", `${organisation} would have no owner left`);
  });
}
