// SPDX-License-Identifier: Apache-2.0
import { and, count, desc, eq, exists, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { type Queryable, type Transaction, tables } from "../database/index.ts";
import type { Cursor } from "./cursor.ts";
import { mayPass } from "./facets.ts";
import { asksForAdapter, fits, matchVersions, type VersionFilters } from "./match-versions.ts";
import type { WordMatch } from "./match-words.ts";

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
/** Counting further would take longer than finding, and tells nobody anything. */
const MAX_TOTAL = 1000;
/** So many matches are weighed against each other; of more, those that are fetched most. */
const MAX_WEIGHED = 300;

/** One page of names, in order, and how many packages there are on all pages: MAX_TOTAL for so many or more. */
export async function findPackages(
  tx: Transaction,
  search: PackageSearch,
): Promise<{ names: string[]; total: number; next: Cursor | undefined }> {
  const { searchEntries } = tables;
  const { matches, found } = await chooseMatch(tx, search);
  const { key, order, isAfter } = orderOf(search);
  const rows = await tx
    .select({ name: searchEntries.package, key: key.as("key") })
    .from(searchEntries)
    .where(and(candidates(search, matches, found), isAfter))
    .orderBy(...order)
    .limit(search.limit + 1);
  const page = rows.slice(0, search.limit);
  const last = page.at(-1);
  const isLast = rows.length === page.length;
  const isWhole = search.after === undefined && isLast;
  return {
    names: page.map(({ name }) => name),
    total: isWhole ? rows.length : (found?.length ?? (await countPackages(tx, matches))),
    next: isLast || last === undefined ? undefined : { sort: search.sort, key: last.key, name: last.name },
  };
}

interface Match {
  matches: SQL | undefined;
  /** All names that match, where there are few of them. */
  found: string[] | undefined;
}

/** Slips are forgiven only where the words as they are written find little: nobody is to wade through lookalikes. */
async function chooseMatch(tx: Transaction, search: PackageSearch): Promise<Match> {
  const others = matchOthers(tx, search);
  if (search.words === undefined) return { matches: others, found: undefined };
  const asWritten = and(search.words.asWritten, others);
  const found = await findFew(tx, asWritten);
  if (found === undefined || found.length >= ENOUGH) return { matches: asWritten, found };
  const withSlips = and(search.words.withSlips, others);
  return { matches: withSlips, found: await findFew(tx, withSlips) };
}

/** Undefined where there are more than can be weighed. */
async function findFew(tx: Transaction, matches: SQL | undefined): Promise<string[] | undefined> {
  const { searchEntries } = tables;
  const found = await tx
    .select({ name: searchEntries.package })
    .from(searchEntries)
    .where(matches)
    .limit(MAX_WEIGHED + 1);
  return found.length > MAX_WEIGHED ? undefined : found.map(({ name }) => name);
}

/** What is put in order. */
function candidates(search: PackageSearch, matches: SQL | undefined, found: string[] | undefined) {
  // Found once, they are not looked for again.
  if (found !== undefined) return inArray(tables.searchEntries.package, found);
  return search.words !== undefined && search.sort === "relevance" ? among(search.words, matches) : matches;
}

/** The matches that are worth weighing: in a name, or fetched often. */
function among({ named, isName }: WordMatch, matches: SQL | undefined): SQL {
  const { package: name, downloads } = tables.searchEntries;
  const best = (condition: SQL | undefined) =>
    sql`(select ${name} from ${tables.searchEntries} where ${condition} order by ${downloads} desc, ${name} limit ${MAX_WEIGHED}::int)`;
  return sql`${name} in (${best(matches)} union ${best(and(named, matches))} union ${best(and(isName, matches))})`;
}

async function countPackages(tx: Transaction, matches: SQL | undefined): Promise<number> {
  const some = tx
    .select({ one: sql`1`.as("one") })
    .from(tables.searchEntries)
    .where(matches)
    .limit(MAX_TOTAL)
    .as("some");
  const rows = await tx.select({ total: count() }).from(some);
  return rows[0]?.total ?? 0;
}

/** All that is asked but the words. Facets find what may pass; where they do not settle it, the rows do. */
function matchOthers(db: Queryable, search: PackageSearch): SQL | undefined {
  const { searchEntries, searchFits, versions } = tables;
  const { words: _words, scope, visible, sort: _sort, after: _after, limit: _limit, ...filters } = search;
  const one = sql`1`;
  const { license, keyword, base, maxRank, architecture } = filters;
  const kinds = [license !== undefined, keyword !== undefined, asksForAdapter(filters)].filter(
    Boolean,
  ).length;
  // One version has to pass all of it.
  const passes = and(eq(versions.package, searchEntries.package), matchVersions(db, filters));
  // One adapter has to.
  const isFit = and(
    eq(searchFits.package, searchEntries.package),
    or(fits(filters), isNull(searchFits.base)),
  );
  const isOneAdapters = maxRank !== undefined || (base !== undefined && architecture !== undefined);
  return and(
    visible,
    scope === undefined ? undefined : eq(searchEntries.scope, scope),
    mayPass(filters),
    kinds < 2 && isOneAdapters ? exists(db.select({ one }).from(searchFits).where(isFit)) : undefined,
    kinds < 2 ? undefined : exists(db.select({ one }).from(versions).where(passes)),
  );
}

function orderOf({ sort, words, after }: PackageSearch) {
  const { package: name, releasedAt, downloads } = tables.searchEntries;
  if (sort === "downloads") {
    const key = sql<number>`${downloads}`.mapWith(Number);
    const isAfter =
      after &&
      sql`(${downloads} <= ${after.key}::bigint and (${downloads} < ${after.key}::bigint or ${name} > ${after.name}))`;
    return { key, isAfter, order: [desc(downloads), name] };
  }
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
