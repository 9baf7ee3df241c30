// SPDX-License-Identifier: Apache-2.0
import { desc, eq, like, sql } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";

export interface HistoryEntry {
  at: string;
  text: string;
}

const ENTRIES = 12;

/** What happened to a scope and its packages, newest first. */
export async function readHistory(db: Queryable, scope: string): Promise<HistoryEntry[]> {
  const { scopeKeys, scopes, versions } = tables;
  const published = await db
    .select({ name: versions.package, version: versions.version, at: versions.publishedAt })
    .from(versions)
    .where(like(versions.package, sql`${`${scope}/`} || '%'`))
    .orderBy(desc(versions.publishedAt))
    .limit(ENTRIES);
  const keys = await db
    .select({ keyId: scopeKeys.keyId, at: scopeKeys.addedAt })
    .from(scopeKeys)
    .where(eq(scopeKeys.scope, scope));
  const made = await db.select({ at: scopes.createdAt }).from(scopes).where(eq(scopes.name, scope));
  return [
    ...published.map(({ name, version, at }) => ({ at, text: `${name} ${version} published` })),
    ...keys.map(({ keyId, at }) => ({ at, text: `key ${keyId.slice(0, 12)}… added` })),
    ...made.map(({ at }) => ({ at, text: "scope created" })),
  ]
    .sort((a, b) => b.at.getTime() - a.at.getTime())
    .slice(0, ENTRIES)
    .map(({ at, text }) => ({ at: at.toISOString(), text }));
}
