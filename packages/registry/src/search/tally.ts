// SPDX-License-Identifier: Apache-2.0
/**
 * What many packages offer, summed up: how many offer just the same. Counting the choices of a filter then needs no look at
 * versions and adapters. An entry's `tally` has a line for each different offer of its versions (offers.ts):
 *
 *     mit⇥17⇥llama⇥16    licence, number of the base (search_bases), architecture, rank
 *     mit⇥⇥⇥             a bundle
 */
import { type SQL, sql } from "drizzle-orm";
import { type Queryable, query, tables } from "../database/index.ts";

export interface Offer {
  /** In lower case; undefined where none is said. */
  license: string | undefined;
  /** Undefined for a bundle. */
  adapter: { base: number; architecture: string; rank: number } | undefined;
}

export interface Tally {
  packages: number;
  /** False where there are more packages than were looked at. */
  isWhole: boolean;
  /** By what they offer. */
  groups: readonly { offers: readonly Offer[]; packages: number }[];
}

export interface TallyOptions {
  /** On search entries. */
  condition: SQL | undefined;
  /** Sums up versions with the keyword alone. */
  keyword?: string | undefined;
  /** So many entries are looked at, any of those that meet the condition. */
  limit?: number;
}

/** Neither is in a line: licences have no control characters. */
const [ENTRY_END, LINE_END] = ["\u001e", "\n"];

export async function readTally(
  db: Queryable,
  { condition = sql`true`, keyword, limit = Number.MAX_SAFE_INTEGER }: TallyOptions,
): Promise<Tally> {
  const { searchEntries } = tables;
  const tally = keyword === undefined ? sql`${searchEntries.tally}` : tallyOfKeyword(keyword);
  // As one text: a row for each would cost more than all the rest.
  const [row] = await query<{ text: string | null; entries: number }>(
    db,
    sql`select string_agg(tally, ${ENTRY_END}::text) as text, count(*)::int as entries from
      (select ${tally} as tally from ${searchEntries} where ${condition} limit ${limit}::bigint) as of_entries`,
  );
  const entries = row?.entries ?? 0;
  return { packages: entries, isWhole: entries < limit, groups: parseTallies(row?.text ?? "") };
}

function tallyOfKeyword(keyword: string): SQL {
  const { offers } = tables.searchEntries;
  return sql`(select string_agg(concat_ws(${"\t"}::text, coalesce(o ->> 'l', ''), coalesce(b.id::text, ''), coalesce(o ->> 'a', ''), coalesce(o ->> 'r', '')), ${LINE_END}::text)
    from jsonb_array_elements(${offers}) as o left join search_bases as b on b.fingerprint = o ->> 'b'
    where o -> 'k' @> to_jsonb(lower(${keyword}::text)))`;
}

function parseTallies(text: string): Tally["groups"] {
  const counts = new Map<string, number>();
  for (const tally of text.split(ENTRY_END)) counts.set(tally, (counts.get(tally) ?? 0) + 1);
  counts.delete("");
  return [...counts].map(([tally, packages]) => ({
    offers: tally.split(LINE_END).map(parseOffer),
    packages,
  }));
}

function parseOffer(line: string): Offer {
  const [license = "", base = "", architecture = "", rank = ""] = line.split("\t");
  return {
    license: license === "" ? undefined : license,
    adapter: base === "" ? undefined : { base: Number(base), architecture, rank: Number(rank) },
  };
}
