// SPDX-License-Identifier: Apache-2.0
/**
 * How many packages each choice of a filter would leave, given the words and the other filters. A filter's own choice
 * does not narrow its own list, so that one can change one's mind. Counted over what each search entry has (search/facets.ts):
 * of several filters at once, a package whose versions pass them only severally is counted too.
 */
import { and, inArray, type SQL, sql } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";
import { mayPass } from "../../search/facets.ts";
import { fittingPackages, type VersionFilters } from "../../search/match-versions.ts";
import { spellLicense } from "./licenses.ts";
import { isPublicEntry } from "./public.ts";

export interface FacetChoice {
  value: string;
  packages: number;
}

export interface Facets {
  bases: FacetChoice[];
  architectures: FacetChoice[];
  licenses: FacetChoice[];
}

const MAX_CHOICES = 8;
/** By the filter, what its entries begin with. */
const PREFIXES = { base: "b:", architecture: "a:", license: "l:" } as const;
type Kind = keyof typeof PREFIXES;
const KINDS = Object.keys(PREFIXES) as Kind[];

/** @param words condition on search entries, undefined where every word matches */
export async function readFacets(
  db: Queryable,
  words: SQL | undefined,
  filters: VersionFilters,
): Promise<Facets> {
  const open = KINDS.filter((kind) => filters[kind] === undefined);
  const found = await countChoices(db, words, filters, open);
  for (const kind of KINDS) {
    if (filters[kind] === undefined) continue;
    const others = await countChoices(db, words, { ...filters, [kind]: undefined }, [kind]);
    found[kind] = others[kind];
  }
  return {
    bases: found.base,
    architectures: found.architecture,
    licenses: found.license.map(({ value, packages }) => ({ value: spellLicense(value), packages })),
  };
}

async function countChoices(
  db: Queryable,
  words: SQL | undefined,
  filters: VersionFilters,
  kinds: readonly Kind[],
): Promise<Record<Kind, FacetChoice[]>> {
  const choices: Record<Kind, FacetChoice[]> = { base: [], architecture: [], license: [] };
  if (kinds.length === 0) return choices;
  const { searchEntries } = tables;
  const { maxRank } = filters;
  const matching = and(
    isPublicEntry,
    words,
    mayPass(filters),
    maxRank === undefined ? undefined : inArray(searchEntries.package, fittingPackages(db, { maxRank })),
  );
  const one = sql<string>`unnest(${searchEntries.facets})`.as("one");
  const each = db.select({ one }).from(searchEntries).where(matching).as("each");
  const packages = sql<number>`count(*)::int`.mapWith(Number);
  const rows = await db
    .select({ one: each.one, packages })
    .from(each)
    .where(sql`left(${each.one}, 2) in ${kinds.map((kind) => PREFIXES[kind])}`)
    .groupBy(each.one);
  rows.sort((x, y) => y.packages - x.packages || (x.one < y.one ? -1 : 1));
  for (const kind of kinds) {
    choices[kind] = rows
      .filter(({ one }) => one.startsWith(PREFIXES[kind]))
      .slice(0, MAX_CHOICES)
      .map(({ one, packages }) => ({ value: one.slice(2), packages }));
  }
  return choices;
}
