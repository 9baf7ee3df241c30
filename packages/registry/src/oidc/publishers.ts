// SPDX-License-Identifier: Apache-2.0
/** Workflows that a package's owners let publish it. The package need not exist: its first version may come from one. */
import type { Publisher, PublisherRequest } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { type PackageName, scopeOf } from "@lora/client/names";
import { and, asc, eq } from "drizzle-orm";
import { type Database, type Queryable, tables } from "../database/index.ts";
import { type IssuerOption, KNOWN_ISSUERS } from "./issuers.ts";

const MAX_PUBLISHERS = 20;

/**
 * @returns the publisher, and whether it is new: repeating it is harmless
 * @throws LoraError USAGE for an issuer that the operator has not allowed, SCOPE_NOT_FOUND
 */
export async function addPublisher(
  db: Database,
  issuers: readonly IssuerOption[],
  name: PackageName,
  request: PublisherRequest,
): Promise<{ publisher: Publisher; isNew: boolean }> {
  const { publishers, scopes } = tables;
  const issuer = request.issuer ?? KNOWN_ISSUERS[request.provider];
  if (!issuers.some(({ provider, url }) => provider === request.provider && url === issuer)) {
    throw new LoraError("USAGE", `this registry does not take tokens of ${issuer}`, {
      hint: "ask its operator to allow it (LORA_OIDC_ISSUERS)",
    });
  }
  return db.transaction(async (tx) => {
    const scope = scopeOf(name);
    const found = await tx.select().from(scopes).where(eq(scopes.name, scope)).for("update");
    if (found.length === 0) throw new LoraError("SCOPE_NOT_FOUND", `there is no scope ${scope}`);
    const before = await listPublishers(tx, name);
    const row = {
      scope,
      package: name,
      provider: request.provider,
      issuer,
      ownerId: request.ownerId,
      repository: request.repository,
      workflow: request.workflow,
      environment: request.environment ?? "",
    };
    const same = before.find(
      (each) =>
        each.issuer === issuer &&
        each.ownerId === row.ownerId &&
        each.repository === row.repository &&
        each.workflow === row.workflow &&
        (each.environment ?? "") === row.environment,
    );
    if (same !== undefined) return { publisher: same, isNew: false };
    if (before.length >= MAX_PUBLISHERS) {
      throw new LoraError("USAGE", `${name} has ${MAX_PUBLISHERS} publishers already`);
    }
    const [made] = await tx
      .insert(publishers)
      .values({ ...row, addedAt: new Date() })
      .onConflictDoUpdate({
        target: [
          publishers.package,
          publishers.issuer,
          publishers.repository,
          publishers.workflow,
          publishers.environment,
        ],
        set: { ownerId: row.ownerId },
      })
      .returning();
    if (made === undefined) throw new Error("no publisher was inserted");
    return { publisher: publisherOf(made), isNew: true };
  });
}

export async function listPublishers(db: Queryable, name: PackageName): Promise<Publisher[]> {
  const { publishers } = tables;
  const rows = await db
    .select()
    .from(publishers)
    .where(eq(publishers.package, name))
    .orderBy(asc(publishers.id));
  return rows.map(publisherOf);
}

/** Its tokens go with it. Returns whether there was one. */
export async function removePublisher(db: Queryable, name: PackageName, id: number): Promise<boolean> {
  const { publishers } = tables;
  const rows = await db
    .delete(publishers)
    .where(and(eq(publishers.package, name), eq(publishers.id, id)))
    .returning({ id: publishers.id });
  return rows.length > 0;
}

function publisherOf(row: typeof tables.publishers.$inferSelect): Publisher {
  return {
    id: row.id,
    package: row.package as PackageName,
    provider: row.provider,
    issuer: row.issuer,
    ownerId: row.ownerId,
    repository: row.repository,
    workflow: row.workflow,
    ...(row.environment === "" ? {} : { environment: row.environment }),
    addedAt: row.addedAt.toISOString(),
    ...(row.lastUsedAt === null ? {} : { lastUsedAt: row.lastUsedAt.toISOString() }),
  };
}
