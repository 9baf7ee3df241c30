// SPDX-License-Identifier: Apache-2.0
import { and, count, desc, eq, type SQL, sql } from "drizzle-orm";
import { query, type Transaction, tables } from "../database/index.ts";
import type { Cursor } from "./cursor.ts";
import { mayPass } from "./facets.ts";
import type { VersionFilters } from "./match-versions.ts";
import type { ScoredMatch, WordMatch } from "./match-words.ts";
import { hasOffer } from "./offers.ts";

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

export interface FoundNames {
  /** One page, in order. */
  names: string[];
  /** On all pages; MAX_TOTAL for so many or more. */
  total: number;
  next: Cursor | undefined;
  /** The words as they were matched in the end. */
  words: ScoredMatch | undefined;
}

/** So many found as they are written, and nobody asks for slips. */
export const ENOUGH = 20;
/** Counting further would take longer than finding, and tells nobody anything. */
export const MAX_TOTAL = 1000;
/** So many matches are weighed against each other; of more, those that are fetched most. */
const MAX_WEIGHED = 300;

/** To compare every entry with all that slips may mean costs more than to look each of it up. */
const LOOK_UP = { enable_seqscan: "off" };
/**
 * The first of many matches, in an order that there is an index for: the planner thinks little of walking along that index, where
 * the entries lie scattered and most have none of the words. It is to do so only for words that are everywhere, and else to
 * look them up.
 */
const FOR_MANY = { ...LOOK_UP, cpu_index_tuple_cost: "2", max_parallel_workers_per_gather: "0" };

const { searchEntries } = tables;

export async function findPackages(tx: Transaction, search: PackageSearch): Promise<FoundNames> {
  const match = await chooseMatch(tx, search);
  const { key, order, isAfter } = orderOf(search, match.words);
  if (match.words !== undefined && match.few === undefined) await setLocally(tx, FOR_MANY);
  const rows = await tx
    .select({ name: searchEntries.package, key: key.as("key") })
    .from(searchEntries)
    .where(and(candidates(search, match), isAfter))
    .orderBy(...order)
    .limit(search.limit + 1);
  const page = rows.slice(0, search.limit);
  const last = page.at(-1);
  const isLast = rows.length === page.length;
  const isWhole = search.after === undefined && isLast;
  return {
    names: page.map(({ name }) => name),
    total: isWhole ? rows.length : (match.total ?? (await countPackages(tx, match.others))),
    next: isLast || last === undefined ? undefined : { sort: search.sort, key: last.key, name: last.name },
    words: match.words,
  };
}

interface Match {
  /** What is asked: the words, and all else. */
  words: ScoredMatch | undefined;
  others: SQL | undefined;
  /** Everything that matches, where it is less than can be counted. */
  few: Few[] | undefined;
  /** Undefined where it is not known yet. */
  total: number | undefined;
}

interface Few {
  name: string;
  downloads: number;
  isNamed: boolean;
}

/** Slips are forgiven only where the words as they are written find little: nobody is to wade through lookalikes. */
async function chooseMatch(tx: Transaction, search: PackageSearch): Promise<Match> {
  const others = matchOthers(search);
  if (search.words === undefined) return { words: undefined, others, few: undefined, total: undefined };
  // To look into an entry for words costs more than what the planner takes for any comparison.
  await setLocally(tx, { cpu_operator_cost: "0.02" });
  const { asWritten, named } = search.words;
  const few = await findFew(tx, and(asWritten.condition, others), named);
  if (few === undefined) return { words: asWritten, others, few, total: MAX_TOTAL };
  if (few.length >= ENOUGH) return { words: asWritten, others, few, total: few.length };
  const withSlips = await search.words.withSlips(tx);
  await setLocally(tx, LOOK_UP);
  const more = await findFew(tx, and(withSlips.condition, others), named);
  return { words: withSlips, others, few: more, total: more?.length ?? MAX_TOTAL };
}

/** Settings of the planner, for the rest of the transaction. */
async function setLocally(tx: Transaction, settings: Record<string, string>): Promise<void> {
  const each = Object.entries(settings).map(([name, value]) => sql`set_config(${name}, ${value}, true)`);
  await tx.execute(sql`select ${sql.join(each, sql`, `)}`);
}

/** Undefined where there are more than are counted. */
async function findFew(tx: Transaction, matches: SQL | undefined, named: SQL): Promise<Few[] | undefined> {
  const { package: name, downloads } = searchEntries;
  // As one text, an entry a line: a row for each would take longer than finding them.
  const line = sql`concat_ws(' ', ${name}, ${downloads}, (${named})::int)`;
  const [row] = await query<{ entries: number; text: string | null }>(
    tx,
    sql`select count(*)::int as entries, string_agg(line, ${"\n"}::text) as text from
      (select ${line} as line from ${searchEntries} where ${matches ?? sql`true`} limit ${MAX_TOTAL + 1}::int) as few`,
  );
  if (row === undefined || row.entries > MAX_TOTAL) return undefined;
  return (row.text ?? "").split("\n").filter(Boolean).map(parseFew);
}

function parseFew(line: string): Few {
  const [name = "", downloads, isNamed] = line.split(" ");
  return { name, downloads: Number(downloads), isNamed: isNamed === "1" };
}

/** What is put in order. */
function candidates(search: PackageSearch, { words, others, few }: Match): SQL | undefined {
  const weighed = search.sort === "relevance" ? search.words : undefined;
  if (few !== undefined) return isOneOf(weighed === undefined ? few : pickWeighed(few));
  return weighed === undefined ? and(words?.condition, others) : amongMany(weighed, words, others);
}

/** Found once, they are not looked for again. Names have no spaces. */
function isOneOf(few: readonly Few[]): SQL {
  const names = few.map(({ name }) => name).join(" ");
  return sql`${searchEntries.package} = any(string_to_array(${names}, ' '))`;
}

/** The matches that are worth weighing: fetched often, or in a name. */
function pickWeighed(few: readonly Few[]): Few[] {
  if (few.length <= MAX_WEIGHED) return [...few];
  const sorted = few.toSorted((a, b) => b.downloads - a.downloads || (a.name < b.name ? -1 : 1));
  const named = sorted.filter(({ isNamed }) => isNamed).slice(0, MAX_WEIGHED);
  return [...new Set([...sorted.slice(0, MAX_WEIGHED), ...named])];
}

/** The same of more than were found one by one. Of two names that have all words, the one that is nothing else comes first. */
function amongMany(
  { named, isName }: WordMatch,
  words: ScoredMatch | undefined,
  others: SQL | undefined,
): SQL {
  const { package: name, downloads } = searchEntries;
  const best = (condition: SQL | undefined) =>
    sql`(select ${name} from ${searchEntries} where ${and(condition, others)} order by ${downloads} desc, ${name} limit ${MAX_WEIGHED}::int)`;
  return sql`${name} in (${best(words?.condition)} union ${best(named)} union ${best(isName)})`;
}

async function countPackages(tx: Transaction, matches: SQL | undefined): Promise<number> {
  const some = tx
    .select({ one: sql`1`.as("one") })
    .from(searchEntries)
    .where(matches)
    .limit(MAX_TOTAL)
    .as("some");
  const rows = await tx.select({ total: count() }).from(some);
  return rows[0]?.total ?? 0;
}

/** All that is asked but the words. Facets find what may pass; where they do not settle it, offers do. */
function matchOthers(search: PackageSearch): SQL | undefined {
  const { words: _words, scope, visible, sort: _sort, after: _after, limit: _limit, ...filters } = search;
  return and(
    visible,
    scope === undefined ? undefined : eq(searchEntries.scope, scope),
    mayPass(filters),
    hasOffer(filters),
  );
}

function orderOf({ sort, after }: PackageSearch, words: ScoredMatch | undefined) {
  const { package: name, releasedAt, downloads } = searchEntries;
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
