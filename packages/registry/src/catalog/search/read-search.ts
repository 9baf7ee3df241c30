// SPDX-License-Identifier: Apache-2.0
import { type FoundPackage, type SearchQuery, searchQuerySchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { parseWith } from "@lora/client/json";
import { type SQL, sql } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../../database/index.ts";
import { type Cursor, formatCursor, parseCursor } from "../../search/cursor.ts";
import { findPackages } from "../../search/find-packages.ts";
import { matchWords, type WordMatch } from "../../search/match-words.ts";
import { readFound } from "../../search/read-found.ts";
import { type Facets, readFacets } from "../data/facets.ts";
import type { Reader } from "../data/reader.ts";

/** Of a page of results. */
const PAGE_LIMIT = 20;
/** As the search itself: so many found as they are written, and slips are not asked for. */
const ENOUGH = 20;

export type KeepFacets = (key: string, read: () => Promise<Facets>) => Promise<Facets>;

export interface SearchResult {
  packages: FoundPackage[];
  total: number;
  next: string | undefined;
  facets: Facets;
}

/**
 * The query of the page's address, which a visitor may have written by hand.
 * @throws LoraError USAGE
 */
export function parseSearch(
  given: Record<string, string>,
): SearchQuery & { limit: number } & Pick<Cursor, "sort"> {
  const filled = Object.entries(given)
    .map(([key, value]) => [key, value.trim()] as const)
    .filter(([key, value]) => value !== "" && key !== "limit");
  const query = parseWith(searchQuerySchema, Object.fromEntries(filled), {
    code: "USAGE",
    source: "the search",
  });
  return { ...query, limit: PAGE_LIMIT };
}

/** One state of the database for all of it. @throws LoraError USAGE for words without a letter, or a cursor of another search */
export async function readSearch(
  db: Database,
  query: ReturnType<typeof parseSearch>,
  reader: Reader,
  keepFacets: KeepFacets,
): Promise<SearchResult> {
  const { q, sort, scope, limit, cursor, ...filters } = query;
  const words = q === undefined ? undefined : matchWords(q);
  if (q !== undefined && words === undefined) throw new LoraError("USAGE", "there is no word to search for");
  const order = words === undefined && sort === "relevance" ? "newest" : sort;
  const after = cursor === undefined ? undefined : parseCursor(cursor, order);
  // Without words the sums are over everything: those are kept, and read apart from the rest. Never what one reader sees.
  const isOverAll = words === undefined && scope === undefined && reader.viewer === undefined;
  const found = await db.transaction(
    async (tx) => {
      const page = await findPackages(tx, {
        ...filters,
        words,
        scope,
        visible: reader.entries,
        sort: order,
        after,
        limit,
      });
      return {
        packages: await readFound(tx, page.names, filters),
        facets: isOverAll
          ? undefined
          : await readFacets(tx, await conditionOf(tx, words, scope), filters, reader),
        total: page.total,
        next: page.next === undefined ? undefined : formatCursor(page.next),
      };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
  const { facets } = found;
  if (facets !== undefined) return { ...found, facets };
  return {
    ...found,
    facets: await keepFacets(JSON.stringify(filters), () => readFacets(db, undefined, filters, reader)),
  };
}

async function conditionOf(
  tx: Transaction,
  words: WordMatch | undefined,
  scope: string | undefined,
): Promise<SQL | undefined> {
  const { searchEntries } = tables;
  const inScope = scope === undefined ? undefined : sql`${searchEntries.scope} = ${scope}`;
  if (words === undefined) return inScope;
  const found = await tx
    .select({ name: searchEntries.package })
    .from(searchEntries)
    .where(words.asWritten)
    .limit(ENOUGH);
  const matching = found.length === ENOUGH ? words.asWritten : words.withSlips;
  return inScope === undefined ? matching : sql`${matching} and ${inScope}`;
}
