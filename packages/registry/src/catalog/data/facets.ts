// SPDX-License-Identifier: Apache-2.0
/**
 * How many packages each choice of a filter would leave, given the words and the other filters. A filter's own choice
 * does not narrow its own list, so that one can change one's mind.
 */
import { and, countDistinct, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { type Queryable, tables } from "../../database/index.ts";
import {
  asksForAdapter,
  asksForText,
  fittingPackages,
  matchVersions,
  type VersionFilters,
} from "../../search/match-versions.ts";

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

/** @param words condition on search entries, undefined where every word matches */
export async function readFacets(
  db: Queryable,
  words: SQL | undefined,
  filters: VersionFilters,
): Promise<Facets> {
  const { searchFits } = tables;
  const fits = async (column: PgColumn, own: "base" | "architecture") => {
    const matching = matchingNames(db, words, { ...filters, [own]: undefined });
    const packages = countDistinct(searchFits.package);
    const rows = await db
      .select({ value: column, packages })
      .from(searchFits)
      .innerJoin(tables.searchEntries, eq(tables.searchEntries.package, searchFits.package))
      .where(
        and(
          isNotNull(column),
          isPublicEntry,
          matching === undefined ? undefined : inArray(searchFits.package, matching),
        ),
      )
      .groupBy(column)
      .orderBy(desc(packages), column)
      .limit(MAX_CHOICES);
    return rows as FacetChoice[];
  };
  return {
    bases: await fits(searchFits.base, "base"),
    architectures: (await fits(searchFits.architecture, "architecture")).filter(
      ({ value }) => value !== null,
    ),
    licenses: await readLicenses(db, words, filters),
  };
}

async function readLicenses(
  db: Queryable,
  words: SQL | undefined,
  filters: VersionFilters,
): Promise<FacetChoice[]> {
  const { versions } = tables;
  const matching = matchingNames(db, words, { ...filters, license: undefined });
  const packages = countDistinct(versions.package);
  const rows = await db
    .select({ value: versions.license, packages })
    .from(versions)
    .innerJoin(tables.searchEntries, eq(tables.searchEntries.package, versions.package))
    .where(
      and(
        isPublicEntry,
        isNotNull(versions.logIndex),
        isNull(versions.yanked),
        isNotNull(versions.license),
        matching === undefined ? undefined : inArray(versions.package, matching),
      ),
    )
    .groupBy(versions.license)
    .orderBy(desc(packages), versions.license)
    .limit(MAX_CHOICES);
  return rows as FacetChoice[];
}

/** Undefined where every package matches. */
function matchingNames(db: Queryable, words: SQL | undefined, filters: VersionFilters) {
  if (words === undefined && !asksForAdapter(filters) && !asksForText(filters)) return undefined;
  const { searchEntries, versions } = tables;
  const conditions = [words];
  if (asksForAdapter(filters)) conditions.push(inArray(searchEntries.package, fittingPackages(db, filters)));
  if (asksForText(filters)) {
    const own = and(eq(versions.package, searchEntries.package), matchVersions(db, filters));
    conditions.push(sql`exists ${db.select({ one: sql`1` }).from(versions).where(own)}`);
  }
  return db
    .select({ name: searchEntries.package })
    .from(searchEntries)
    .where(and(...conditions));
}
