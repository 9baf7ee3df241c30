// SPDX-License-Identifier: Apache-2.0
import { and, count, desc, eq, exists, inArray, type SQL, sql } from "drizzle-orm";
import { type Queryable, type Transaction, tables } from "../database/index.ts";
import type { Cursor } from "./cursor.ts";
import {
  asksForAdapter,
  asksForText,
  fittingPackages,
  matchVersions,
  type VersionFilters,
} from "./match-versions.ts";
import { TYPO_SIMILARITY, type WordMatch } from "./match-words.ts";

export interface PackageSearch extends VersionFilters {
  /** Undefined where every word matches. */
  words: WordMatch | undefined;
  scope?: string | undefined;
  /** What the caller may find; undefined for everything. */
  visible?: SQL | undefined;
  sort: Cursor["sort"];
  after: Cursor | undefined;
  limit: number;
}

/** So many found as they are written, and nobody asks for slips. */
const ENOUGH = 20;

/** One page of names, in order, and how many packages there are on all pages. */
export async function findPackages(
  tx: Transaction,
  search: PackageSearch,
): Promise<{ names: string[]; total: number; next: Cursor | undefined }> {
  const { searchEntries } = tables;
  const matches = await chooseMatch(tx, search);
  const { key, order, isAfter } = orderOf(search);
  const rows = await tx
    .select({ name: searchEntries.package, key: key.as("key") })
    .from(searchEntries)
    .where(and(matches, isAfter))
    .orderBy(...order)
    .limit(search.limit + 1);
  const page = rows.slice(0, search.limit);
  const last = page.at(-1);
  const isLast = rows.length === page.length;
  const isWhole = search.after === undefined && isLast;
  return {
    names: page.map(({ name }) => name),
    total: isWhole ? rows.length : await countPackages(tx, matches),
    next: isLast || last === undefined ? undefined : { sort: search.sort, key: last.key, name: last.name },
  };
}

/** Slips are forgiven only where the words as they are written find little: nobody is to wade through lookalikes. */
async function chooseMatch(tx: Transaction, search: PackageSearch): Promise<SQL | undefined> {
  const { searchEntries } = tables;
  const others = matchOthers(tx, search);
  if (search.words === undefined) return others;
  const asWritten = and(search.words.asWritten, others);
  const found = await tx
    .select({ name: searchEntries.package })
    .from(searchEntries)
    .where(asWritten)
    .limit(ENOUGH);
  if (found.length === ENOUGH) return asWritten;
  // For the operator <<%, until the transaction ends.
  await tx.execute(
    sql`select set_config('pg_trgm.strict_word_similarity_threshold', ${String(TYPO_SIMILARITY)}, true)`,
  );
  return and(search.words.withSlips, others);
}

async function countPackages(tx: Transaction, matches: SQL | undefined): Promise<number> {
  const rows = await tx.select({ total: count() }).from(tables.searchEntries).where(matches);
  return rows[0]?.total ?? 0;
}

/** All that is asked but the words. */
function matchOthers(db: Queryable, search: PackageSearch): SQL | undefined {
  const { searchEntries, versions } = tables;
  const { words: _words, scope, visible, sort: _sort, after: _after, limit: _limit, ...filters } = search;
  const own = and(eq(versions.package, searchEntries.package), matchVersions(db, filters));
  return and(
    visible,
    scope === undefined ? undefined : eq(searchEntries.scope, scope),
    asksForAdapter(filters) ? inArray(searchEntries.package, fittingPackages(db, filters)) : undefined,
    // One version has to pass all of it; without these two the line above has settled it.
    asksForText(filters) ? exists(db.select({ one: sql`1` }).from(versions).where(own)) : undefined,
  );
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
