// SPDX-License-Identifier: Apache-2.0
import { type FoundPackage, type SearchQuery, searchQuerySchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { parseWith } from "@lora/client/json";
import { and, eq, or, type SQL } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../../database/index.ts";
import { type Cursor, formatCursor, parseCursor } from "../../search/cursor.ts";
import { mayPass } from "../../search/facets.ts";
import { ENOUGH, type FoundNames, findPackages, MAX_TOTAL } from "../../search/find-packages.ts";
import type { VersionFilters } from "../../search/match-versions.ts";
import { matchWords, type WordMatch } from "../../search/match-words.ts";
import { hasOffer } from "../../search/offers.ts";
import { readFound } from "../../search/read-found.ts";
import { readTally, type Tally } from "../../search/tally.ts";
import { type BaseSummary, readBaseNumber, readNumberedBases } from "../data/bases.ts";
import { countFacets, type Facets } from "../data/facets.ts";
import type { Reader } from "../data/reader.ts";

/** Of a page of results. */
const PAGE_LIMIT = 20;
/** So many matches are looked at for what there is beside them. */
const MAX_TALLIED = 10_000;

export interface SearchResult {
  packages: FoundPackage[];
  total: number;
  /** There may be more than `total`. */
  isTotalAtLeast: boolean;
  next: string | undefined;
  facets: Facets;
  /** Of the facets and of the filter. */
  bases: BaseSummary[];
}

/**
 * The query of the page's address, which a visitor may have written by hand, and to which those who pass it on add theirs:
 * what the search does not know is left out.
 * @throws LoraError USAGE
 */
export function parseSearch(
  given: Record<string, string>,
): SearchQuery & { limit: number } & Pick<Cursor, "sort"> {
  const filled = Object.entries(given)
    .map(([key, value]) => [key, value.trim()] as const)
    .filter(([key, value]) => value !== "" && key !== "limit" && Object.hasOwn(searchQuerySchema.shape, key));
  const query = parseWith(searchQuerySchema, Object.fromEntries(filled), {
    code: "USAGE",
    source: "the search",
  });
  return { ...query, limit: PAGE_LIMIT };
}

/**
 * One state of the database for what was found and its sums; those over all packages are as they were some seconds ago.
 * @throws LoraError USAGE for words without a letter, or a cursor of another search
 */
export async function readSearch(
  db: Database,
  query: ReturnType<typeof parseSearch>,
  reader: Reader,
  publicTally: () => Promise<Tally>,
): Promise<SearchResult> {
  const { q, sort, scope, limit, cursor, ...filters } = query;
  const words = q === undefined ? undefined : matchWords(q);
  if (q !== undefined && words === undefined) throw new LoraError("USAGE", "there is no word to search for");
  const order = words === undefined && sort === "relevance" ? "newest" : sort;
  const after = cursor === undefined ? undefined : parseCursor(cursor, order);
  const search = { ...filters, words, scope, visible: reader.entries, sort: order, after, limit };
  const isOverAll = [words, scope, filters.keyword, reader.viewer].every((value) => value === undefined);
  // Not from within the transaction, which may have the only connection.
  const ofAll = isOverAll ? await publicTally() : undefined;
  return db.transaction(
    async (tx) => {
      const found = await findPackages(tx, search);
      const tally = ofAll ?? (await readTallyOf(tx, found, words, { scope, filters, reader }));
      const base = filters.base === undefined ? undefined : await readBaseNumber(tx, filters.base);
      const facets = countFacets(tally, { ...filters, base });
      const numbers = facets.bases.map(({ value }) => value);
      if (typeof base === "number") numbers.push(base);
      const bases = await readNumberedBases(tx, numbers);
      return {
        packages: await readFound(tx, found.names, filters),
        ...totalOf(found, facets),
        next: found.next === undefined ? undefined : formatCursor(found.next),
        facets: { ...facets, bases: withFingerprints(facets.bases, bases) },
        bases: [...bases.values()],
      };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/** The search stops counting where people do not care any more; the sums know better, if they were made of enough. */
function totalOf(
  { total }: FoundNames,
  { packages, isWhole }: Facets<number>,
): Pick<SearchResult, "total" | "isTotalAtLeast"> {
  if (total < MAX_TOTAL) return { total, isTotalAtLeast: false };
  return packages < total ? { total, isTotalAtLeast: true } : { total: packages, isTotalAtLeast: !isWhole };
}

interface Asked {
  scope: string | undefined;
  filters: VersionFilters;
  reader: Reader;
}

/** Of everything that a choice beside the results could leave. */
async function readTallyOf(
  tx: Transaction,
  found: FoundNames,
  words: WordMatch | undefined,
  { scope, filters, reader }: Asked,
): Promise<Tally> {
  const { keyword, maxRank } = filters;
  return readTally(tx, {
    condition: and(
      reader.entries,
      words === undefined ? undefined : await wordsOfTally(tx, found, words, filters),
      scope === undefined ? undefined : eq(tables.searchEntries.scope, scope),
      mayPass({ keyword }),
      hasOffer({ keyword, maxRank }),
      mayBeChosen(filters),
    ),
    keyword,
    limit: MAX_TALLIED,
  });
}

/** Without filters more may be found as it is written than with them, and slips are not to be counted then. */
async function wordsOfTally(
  tx: Transaction,
  { words: matched }: FoundNames,
  words: WordMatch,
  filters: VersionFilters,
): Promise<SQL | undefined> {
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  if (matched === words.asWritten || !isFiltered) return matched?.condition;
  const found = await tx
    .select({ name: tables.searchEntries.package })
    .from(tables.searchEntries)
    .where(words.asWritten.condition)
    .limit(ENOUGH);
  return found.length === ENOUGH ? words.asWritten.condition : matched?.condition;
}

/** Each list of choices is narrowed by the filters of the others: what all but one of them let pass. */
function mayBeChosen({ base, architecture, license }: VersionFilters): SQL | undefined {
  const kinds = { base, architecture, license };
  const chosen = Object.entries(kinds).filter(([, value]) => value !== undefined);
  if (chosen.length < 2) return undefined;
  return or(...chosen.map(([kind]) => mayPass({ ...kinds, [kind]: undefined })));
}

function withFingerprints(
  choices: Facets<number>["bases"],
  bases: ReadonlyMap<number, BaseSummary>,
): Facets["bases"] {
  return choices.flatMap(({ value, packages }) => {
    const base = bases.get(value);
    return base === undefined ? [] : [{ value: base.fingerprint, packages }];
  });
}
