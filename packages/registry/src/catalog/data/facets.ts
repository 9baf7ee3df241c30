// SPDX-License-Identifier: Apache-2.0
/**
 * How many packages each choice of a filter would leave, given the words and the other filters: as many as the search says
 * when one takes it. A filter's own choice does not narrow its own list, so that one can change one's mind.
 */
import type { VersionFilters } from "../../search/match-versions.ts";
import type { Offer, Tally } from "../../search/tally.ts";
import { spellLicense } from "./licenses.ts";

export interface FacetChoice<Value = string> {
  value: Value;
  packages: number;
}

export interface Facets<Base = string> {
  bases: FacetChoice<Base>[];
  architectures: FacetChoice[];
  licenses: FacetChoice[];
  /** Packages that pass all filters. */
  packages: number;
  /** False where there may be more of everything than was counted. */
  isWhole: boolean;
}

/** Filters with the number of their base; null for one that no package is for. */
export type TalliedFilters = Omit<VersionFilters, "base"> & { base?: number | null | undefined };

const MAX_CHOICES = 8;

export function countFacets(tally: Tally, filters: TalliedFilters): Facets<number> {
  const licenses = countBy(tally, { ...filters, license: undefined }, ({ license }) => license);
  return {
    bases: countBy(tally, { ...filters, base: undefined }, ({ adapter }) => adapter?.base),
    architectures: countBy(
      tally,
      { ...filters, architecture: undefined },
      ({ adapter }) => adapter?.architecture,
    ),
    licenses: licenses.map(({ value, packages }) => ({ value: spellLicense(value), packages })),
    packages: countPassing(tally, filters),
    isWhole: tally.isWhole,
  };
}

function countPassing({ groups }: Tally, filters: TalliedFilters): number {
  const passes = passing(filters);
  return groups.reduce((sum, { offers, packages }) => (offers.some(passes) ? sum + packages : sum), 0);
}

/** @param choiceOf undefined for an offer that says nothing of it; a bundle's, of a filter by adapter, is left by every choice */
function countBy<Value extends string | number>(
  { groups }: Tally,
  filters: TalliedFilters,
  choiceOf: (offer: Offer) => Value | undefined,
): FacetChoice<Value>[] {
  const passes = passing(filters);
  const isOfAdapters = choiceOf({ license: "any", adapter: undefined }) === undefined;
  const counts = new Map<Value, number>();
  let left = 0;
  for (const { offers, packages } of groups) {
    const own = offers.filter(passes);
    const isLeft = isOfAdapters && own.some(({ adapter }) => adapter === undefined);
    if (isLeft) left += packages;
    for (const choice of new Set(own.map(choiceOf))) {
      if (choice !== undefined) counts.set(choice, (counts.get(choice) ?? 0) + (isLeft ? 0 : packages));
    }
  }
  return [...counts]
    .map(([value, packages]) => ({ value, packages: packages + left }))
    .sort((x, y) => y.packages - x.packages || (x.value < y.value ? -1 : 1))
    .slice(0, MAX_CHOICES);
}

/** As the search decides it (search/match-versions.ts); keywords were looked at when the tally was made. */
function passing({ license, base, architecture, maxRank }: TalliedFilters): (offer: Offer) => boolean {
  const wanted = license?.toLowerCase();
  return ({ license: own, adapter }) =>
    (wanted === undefined || own === wanted) &&
    (adapter === undefined ||
      ((base === undefined || adapter.base === base) &&
        (architecture === undefined || adapter.architecture === architecture) &&
        (maxRank === undefined || adapter.rank <= maxRank)));
}
