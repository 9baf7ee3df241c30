// SPDX-License-Identifier: Apache-2.0
import { and, count, desc, eq, exists, type SQL, sql } from "drizzle-orm";
import { type Queryable, type Transaction, tables } from "../database/index.ts";
import type { Cursor } from "./cursor.ts";
import { hasFilters, matchVersions, type VersionFilters } from "./match-versions.ts";
import { type matchWords, TYPO_SIMILARITY } from "./match-words.ts";

export interface PackageSearch extends VersionFilters {
  /** Undefined where every word matches. */
  words: ReturnType<typeof matchWords>;
  scope?: string | undefined;
  sort: Cursor["sort"];
  after: Cursor | undefined;
  limit: number;
}

/** One page of names, in order, and how many packages there are on all pages. */
export async function findPackages(
  tx: Transaction,
  search: PackageSearch,
): Promise<{ names: string[]; total: number; next: Cursor | undefined }> {
  const { searchEntries } = tables;
  // For the operator <<%, until the transaction ends.
  await tx.execute(
    sql`select set_config('pg_trgm.strict_word_similarity_threshold', ${String(TYPO_SIMILARITY)}, true)`,
  );
  const { key, order, isAfter } = orderOf(search);
  const found = tx
    .select({ name: searchEntries.package, key: key.as("key") })
    .from(searchEntries)
    .where(and(matches(tx, search), isAfter))
    .orderBy(...order)
    .limit(search.limit + 1);
  const rows = await found;
  const page = rows.slice(0, search.limit);
  const last = page.at(-1);
  const isWhole = search.after === undefined && rows.length <= search.limit;
  return {
    names: page.map(({ name }) => name),
    total: isWhole ? rows.length : await countPackages(tx, search),
    next:
      rows.length > page.length && last !== undefined
        ? { sort: search.sort, key: last.key, name: last.name }
        : undefined,
  };
}

async function countPackages(tx: Transaction, search: PackageSearch): Promise<number> {
  const rows = await tx.select({ total: count() }).from(tables.searchEntries).where(matches(tx, search));
  return rows[0]?.total ?? 0;
}

function matches(db: Queryable, search: PackageSearch): SQL | undefined {
  const { searchEntries, versions } = tables;
  const { words, scope, sort: _sort, after: _after, limit: _limit, ...filters } = search;
  // An entry stands for a version that is not yanked: without filters nobody has to look for one.
  const version = hasFilters(filters)
    ? exists(
        db
          .select({ one: sql`1` })
          .from(versions)
          .where(and(eq(versions.package, searchEntries.package), matchVersions(db, filters))),
      )
    : undefined;
  return and(words?.condition, scope === undefined ? undefined : eq(searchEntries.scope, scope), version);
}

function orderOf({ sort, words, after }: PackageSearch) {
  const { package: name, releasedAt } = tables.searchEntries;
  if (sort === "newest" || words === undefined) {
    const key = sql<number>`(extract(epoch from ${releasedAt}) * 1000)`.mapWith(Number);
    const moment = after === undefined ? "" : new Date(after.key).toISOString();
    const isAfter = after && sql`(${releasedAt}, ${name}) < (${moment}::timestamptz, ${after.name}::text)`;
    return { key, isAfter, order: [desc(releasedAt), desc(name)] };
  }
  const key = words.score.mapWith(Number);
  const isAfter =
    after &&
    sql`(${key} < ${after.key}::bigint or (${key} = ${after.key}::bigint and ${name} > ${after.name}))`;
  return { key, isAfter, order: [desc(key), name] };
}
