// SPDX-License-Identifier: Apache-2.0
/**
 * Who has a role in a scope: accounts, and organisations, written `org:acme`. Who may act for the scope, as its owner or
 * publisher, is in the log by an opaque id; readers are nobody's business.
 */
import type { Owners, ScopeRole } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { and, asc, eq } from "drizzle-orm";
import { type Database, type Queryable, type Transaction, tables } from "../database/index.ts";
import { appendLogEntry } from "../log/index.ts";
import { announceRemoval } from "../read-cache/index.ts";

const ORGANISATION = "org:";

export type Holding = { userId: string } | { organisationId: string };

export async function listOwners(db: Queryable, scope: ScopeName): Promise<Owners> {
  const { organisations, scopeMembers, users } = tables;
  const rows = await db
    .select({
      user: users.name,
      organisation: organisations.name,
      role: scopeMembers.role,
      addedAt: scopeMembers.addedAt,
    })
    .from(scopeMembers)
    .leftJoin(users, eq(users.id, scopeMembers.userId))
    .leftJoin(organisations, eq(organisations.id, scopeMembers.organisationId))
    .where(eq(scopeMembers.scope, scope))
    .orderBy(asc(scopeMembers.addedAt), asc(scopeMembers.id));
  return {
    scope,
    owners: rows.map(({ user, organisation, role, addedAt }) => ({
      name: user ?? `${ORGANISATION}${organisation}`,
      role: role as ScopeRole,
      addedAt: addedAt.toISOString(),
    })),
  };
}

/**
 * @param role null takes it away
 * @throws LoraError SCOPE_NOT_FOUND, ACCOUNT_NOT_FOUND, LAST_OWNER
 */
export async function setOwner(
  db: Database,
  scope: ScopeName,
  holder: string,
  role: ScopeRole | null,
): Promise<Owners> {
  return db.transaction(async (tx) => {
    await lockScope(tx, scope);
    const holding = await findHolder(tx, holder);
    if (role === null) await removeRole(tx, scope, holding);
    else await writeRole(tx, scope, holding, role);
    await assertOwned(tx, scope);
    return listOwners(tx, scope);
  });
}

/** For the transaction that makes the scope, or has its row locked. */
export async function writeRole(
  tx: Transaction,
  scope: ScopeName,
  holding: Holding,
  role: ScopeRole,
): Promise<void> {
  const { scopeMembers } = tables;
  const before = await roleOf(tx, scope, holding);
  if (before === role) return;
  if (before === undefined) {
    await tx.insert(scopeMembers).values({ scope, ...holding, role, addedAt: new Date() });
  } else {
    await tx.update(scopeMembers).set({ role }).where(ofHolding(scope, holding));
  }
  await logChange(tx, scope, holding, before, role);
}

async function removeRole(tx: Transaction, scope: ScopeName, holding: Holding): Promise<void> {
  const before = await roleOf(tx, scope, holding);
  if (before === undefined) return;
  await tx.delete(tables.scopeMembers).where(ofHolding(scope, holding));
  await logChange(tx, scope, holding, before, undefined);
  await announceRemoval(tx);
}

async function logChange(
  tx: Transaction,
  scope: ScopeName,
  holding: Holding,
  before: ScopeRole | undefined,
  after: ScopeRole | undefined,
): Promise<void> {
  const [acted, acts] = [before, after].map((role) => role === "owner" || role === "publisher");
  if (acted === acts) return;
  const owner = "userId" in holding ? holding.userId : holding.organisationId;
  await appendLogEntry(tx, { t: acts ? "owner.add" : "owner.remove", scope, owner });
}

async function roleOf(tx: Transaction, scope: ScopeName, holding: Holding): Promise<ScopeRole | undefined> {
  const { scopeMembers } = tables;
  const [row] = await tx
    .select({ role: scopeMembers.role })
    .from(scopeMembers)
    .where(ofHolding(scope, holding));
  return row?.role as ScopeRole | undefined;
}

function ofHolding(scope: ScopeName, holding: Holding) {
  const { scopeMembers } = tables;
  return and(
    eq(scopeMembers.scope, scope),
    "userId" in holding
      ? eq(scopeMembers.userId, holding.userId)
      : eq(scopeMembers.organisationId, holding.organisationId),
  );
}

async function lockScope(tx: Transaction, scope: ScopeName): Promise<void> {
  const { scopes } = tables;
  const rows = await tx
    .select({ name: scopes.name })
    .from(scopes)
    .where(eq(scopes.name, scope))
    .for("update");
  if (rows.length === 0) throw new LoraError("SCOPE_NOT_FOUND", `there is no scope ${scope}`);
}

async function findHolder(tx: Transaction, holder: string): Promise<Holding> {
  const { organisations, users } = tables;
  if (holder.startsWith(ORGANISATION)) {
    const name = holder.slice(ORGANISATION.length);
    const [row] = await tx
      .select({ id: organisations.id })
      .from(organisations)
      .where(eq(organisations.name, name));
    if (row === undefined) throw new LoraError("ACCOUNT_NOT_FOUND", `there is no organisation ${name}`);
    return { organisationId: row.id };
  }
  const [row] = await tx.select({ id: users.id }).from(users).where(eq(users.name, holder));
  if (row === undefined) throw new LoraError("ACCOUNT_NOT_FOUND", `there is no account ${holder}`);
  return { userId: row.id };
}

async function assertOwned(tx: Transaction, scope: ScopeName): Promise<void> {
  const { owners } = await listOwners(tx, scope);
  if (owners.some(({ role }) => role === "owner")) return;
  throw new LoraError("LAST_OWNER", `${scope} would have no owner left`, {
    hint: `make somebody else an owner first: lora owner add ${scope} ACCOUNT --role owner`,
  });
}
