// SPDX-License-Identifier: Apache-2.0
/** Bounds on the stack as a whole, checked on each complete solution. */
import type { IndexAdapter } from "../documents/index.ts";
import { fittingAdapters } from "./adapters.ts";
import type { Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { Limit, Rules } from "./rules.ts";
import { type Cost, canFit, costOf } from "./stack-cost.ts";
import { positive } from "./term.ts";
import { hasVersion, versionsWhere } from "./version-set.ts";

/** Each decided package, in the order of the decisions, with the index of its version. */
export type Decisions = ReadonlyMap<Package, number>;

export type StackLimitKind = "maxAdapters" | "maxRankSum" | "maxBytes";
const STACK_LIMIT_KINDS: readonly StackLimitKind[] = ["maxAdapters", "maxRankSum", "maxBytes"];

export function amountOf(adapter: IndexAdapter, kind: StackLimitKind): number {
  if (kind === "maxAdapters") return 1;
  return kind === "maxRankSum" ? adapter.rank : adapter.sizeBytes;
}

/** undefined where adapters can be chosen so that the decisions hold every limit. */
export function stackLimitViolation(decisions: Decisions, rules: Rules): Incompatibility | undefined {
  for (const kind of STACK_LIMIT_KINDS) {
    const limit = rules.limits[kind];
    const violation = limit && violationOf(decisions, kind, limit, rules);
    if (violation !== undefined) return violation;
  }
  const { maxRankSum, maxBytes } = rules.limits;
  return maxRankSum && maxBytes && violationOfBoth(decisions, maxRankSum, maxBytes, rules);
}

/** The least that a version adds; 0 for a bundle. */
function leastAmount(pkg: Package, version: number, kind: StackLimitKind, rules: Rules): number {
  const amounts = adaptersOf(pkg, version, rules).map((adapter) => amountOf(adapter, kind));
  return amounts.length === 0 ? 0 : Math.min(...amounts);
}

/** Whether or not one may be used: of a count this is true of versions that nobody may choose too, and shorter to say. */
function hasAdapters(pkg: Package, version: number): boolean {
  return (pkg.table.entries[version]?.adapters.length ?? 0) > 0;
}

function adaptersOf(pkg: Package, version: number, rules: Rules): IndexAdapter[] {
  const entry = pkg.table.entries[version];
  return entry === undefined ? [] : fittingAdapters(entry, rules);
}

/**
 * The fewest packages that break the limit together. Each stands in it with all versions that are as large as the one
 * chosen, or as little smaller as still breaks the limit, or the search would try every combination of versions.
 */
function violationOf(
  decisions: Decisions,
  kind: StackLimitKind,
  limit: Limit,
  rules: Rules,
): Incompatibility | undefined {
  const largestFirst = [...decisions]
    .map(([pkg, version]) => ({ pkg, amount: leastAmount(pkg, version, kind, rules) }))
    .filter(({ amount }) => amount > 0)
    .sort((a, b) => b.amount - a.amount);
  const fewest: typeof largestFirst = [];
  let sum = 0;
  for (const part of largestFirst) {
    if (sum > limit.value) break;
    fewest.push(part);
    sum += part.amount;
  }
  if (sum <= limit.value) return undefined;

  let slack = sum - limit.value - 1;
  const parts = fewest.map(({ pkg, amount }) => {
    const amounts = pkg.table.versions.map((_, version) =>
      hasVersion(pkg.usable, version) ? leastAmount(pkg, version, kind, rules) : 0,
    );
    const atLeast = Math.min(...amounts.filter((other) => other > 0 && other >= amount - slack), amount);
    slack -= amount - atLeast;
    const includes = (version: number) =>
      kind === "maxAdapters" ? hasAdapters(pkg, version) : (amounts[version] ?? 0) >= atLeast;
    return { package: pkg, atLeast, includes };
  });
  return {
    terms: parts.map(({ package: pkg, includes }) =>
      positive(pkg, versionsWhere(pkg.table.versions.length, includes)),
    ),
    cause: {
      kind: "stackLimit",
      limit,
      parts: parts.map(({ package: pkg, atLeast }) => ({ package: pkg, atLeast })),
    },
  };
}

/** Ranks alone would fit and bytes alone too: a rare case, where a lower rank has the larger file. */
function violationOfBoth(
  decisions: Decisions,
  limit: Limit,
  secondLimit: Limit,
  rules: Rules,
): Incompatibility | undefined {
  let needed = [...decisions]
    .map(([pkg, version]) => ({ pkg, version, costs: costsOf(pkg, version, rules) }))
    .filter(({ costs }) => costs.length > 0);
  const canAllFit = (parts: typeof needed) =>
    canFit(
      parts.map(({ costs }) => costs),
      rules,
    );
  if (canAllFit(needed)) return undefined;
  for (const part of needed) {
    const others = needed.filter((other) => other !== part);
    if (!canAllFit(others)) needed = others;
  }
  return {
    terms: needed.map(({ pkg, costs }) => {
      const isAsCostly = (version: number) => {
        const others = hasVersion(pkg.usable, version) ? costsOf(pkg, version, rules) : [];
        return others.length > 0 && others.every((other) => costs.some((cost) => undercuts(cost, other)));
      };
      return positive(pkg, versionsWhere(pkg.table.versions.length, isAsCostly));
    }),
    cause: {
      kind: "stackLimit",
      limit,
      secondLimit,
      parts: needed.map(({ pkg, version }) => ({
        package: pkg,
        atLeast: leastAmount(pkg, version, "maxRankSum", rules),
      })),
    },
  };
}

function costsOf(pkg: Package, version: number, rules: Rules): Cost[] {
  return adaptersOf(pkg, version, rules).map((adapter) => costOf(adapter, rules));
}

function undercuts(a: Cost, b: Cost): boolean {
  return a.rank <= b.rank && a.bytes <= b.bytes;
}
