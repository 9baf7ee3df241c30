// SPDX-License-Identifier: Apache-2.0
/**
 * How many packages each choice of a filter would leave, given the words and the other filters: as many as the search says
 * when one takes it. A filter's own choice does not narrow its own list, so that one can change one's mind.
 */
import { and, eq, inArray, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";
import { mayPass } from "../../search/facets.ts";
import type { VersionFilters } from "../../search/match-versions.ts";
import { spellLicense } from "./licenses.ts";
import type { Reader } from "./reader.ts";

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
/** By the filter, what its entries begin with (search/facets.ts). */
const PREFIXES = { base: "b:", architecture: "a:", license: "l:" } as const;
type Kind = keyof typeof PREFIXES;
const KINDS = Object.keys(PREFIXES) as Kind[];

/** @param words condition on search entries, undefined where every word matches */
export async function readFacets(
  db: Queryable,
  words: SQL | undefined,
  filters: VersionFilters,
  reader: Reader,
): Promise<Facets> {
  const open = KINDS.filter((kind) => filters[kind] === undefined);
  const found = await countChoices(db, words, filters, reader, open);
  for (const kind of KINDS) {
    if (filters[kind] === undefined) continue;
    const others = await countChoices(db, words, { ...filters, [kind]: undefined }, reader, [kind]);
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
  reader: Reader,
  kinds: readonly Kind[],
): Promise<Record<Kind, FacetChoice[]>> {
  const choices: Record<Kind, FacetChoice[]> = { base: [], architecture: [], license: [] };
  if (kinds.length === 0) return choices;
  const isOpen = Object.values(filters).every((value) => value === undefined);
  const matching = and(reader.entries, words, mayPass(filters));
  const each = isOpen ? choicesOfEntries(db, matching) : choicesOfVersions(db, matching, filters, kinds);
  const packages = sql<number>`count(*)::int`.mapWith(Number);
  const bundles = sql<number>`count(*) filter (where ${each.isBundle})::int`.mapWith(Number);
  const prefixes = [...kinds.map((kind) => PREFIXES[kind]), "bu"];
  const rows = await db
    .select({ one: each.one, packages, bundles })
    .from(each)
    .where(sql`left(${each.one}, 2) in ${prefixes}`)
    .groupBy(each.one);
  const ofBundles = rows.find(({ one }) => one === "bundle")?.packages ?? 0;
  for (const kind of kinds) {
    // A bundle fits every base until it is installed, so it is left by every choice of one.
    const added = kind === "license" ? () => 0 : (own: number) => ofBundles - own;
    choices[kind] = rows
      .filter(({ one }) => one.startsWith(PREFIXES[kind]))
      .map((row) => ({ value: row.one.slice(2), packages: row.packages + added(row.bundles) }))
      .sort((x, y) => y.packages - x.packages || (x.value < y.value ? -1 : 1))
      .slice(0, MAX_CHOICES);
  }
  return choices;
}

/** Every entry with everything that it has: exact where no filter asks that one version have two things together. */
function choicesOfEntries(db: Queryable, matching: SQL | undefined) {
  const { facets } = tables.searchEntries;
  return db
    .select({
      one: sql<string>`unnest(${facets})`.as("one"),
      isBundle: sql<boolean>`${facets} @> array['bundle']`.as("is_bundle"),
    })
    .from(tables.searchEntries)
    .where(matching)
    .as("each");
}

/** The same of versions and adapters that pass the filters themselves, each package and choice once. */
function choicesOfVersions(
  db: Queryable,
  matching: SQL | undefined,
  filters: VersionFilters,
  kinds: readonly Kind[],
) {
  const { adapters, bases, searchEntries, versions } = tables;
  const { base, maxRank, architecture, license, keyword } = filters;
  const entries = db.select({ name: searchEntries.package }).from(searchEntries).where(matching);
  const isFit = and(
    base === undefined ? undefined : eq(adapters.base, base),
    maxRank === undefined ? undefined : lte(adapters.rank, maxRank),
    architecture === undefined ? undefined : eq(bases.architecture, architecture),
  );
  // Licences are counted as they are, without a look at all rows of each package.
  const isBundle =
    kinds.length === 1 && kinds[0] === "license"
      ? sql<boolean>`false`
      : sql<boolean>`bool_or(${adapters.base} is null) over (partition by ${versions.package})`;
  const passing = db
    .select({
      name: versions.package,
      license: sql<string>`lower(${versions.license})`.as("license"),
      base: adapters.base,
      architecture: bases.architecture,
      isBundle: isBundle.as("is_bundle"),
    })
    .from(versions)
    .leftJoin(adapters, eq(adapters.versionId, versions.id))
    .leftJoin(bases, eq(bases.fingerprint, adapters.base))
    .where(
      and(
        inArray(versions.package, entries),
        isNull(versions.yanked),
        isNotNull(versions.logIndex),
        license === undefined ? undefined : sql`lower(${versions.license}) = lower(${license})`,
        keyword === undefined
          ? undefined
          : sql`exists (select from jsonb_array_elements_text(${versions.keywords}) as k where lower(k) = lower(${keyword}))`,
        isFit === undefined ? undefined : sql`(${isNull(adapters.base)} or (${isFit}))`,
      ),
    )
    .as("passing");
  const ofKind = (kind: Kind) => sql`${PREFIXES[kind]}::text || ${passing[kind]}`;
  const bundle = sql`case when ${passing.isBundle} then 'bundle' end`;
  const one = sql<string>`unnest(array[${sql.join([...kinds.map(ofKind), bundle], sql`, `)}])`;
  const every = db
    .selectDistinct({ name: passing.name, isBundle: passing.isBundle, one: one.as("one") })
    .from(passing)
    .as("every");
  return db
    .select({ one: every.one, isBundle: every.isBundle })
    .from(every)
    .where(sql`${every.one} is not null`)
    .as("each");
}
