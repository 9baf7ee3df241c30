// SPDX-License-Identifier: Apache-2.0
/** Bounds on the stack as a whole: what breaks them, and which adapters to take within them. */
import type { IndexAdapter, IndexVersion } from "../documents/index.ts";
import { fittingAdapters } from "./adapters.ts";
import type { Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { Limit, Rules } from "./rules.ts";
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

/** The least that a version adds; 0 for a bundle. */
function leastAmount(pkg: Package, version: number, kind: StackLimitKind, rules: Rules): number {
  const entry = pkg.table.entries[version];
  const smallest = entry === undefined ? undefined : fittingAdapters(entry, rules).at(-1);
  return smallest === undefined ? 0 : amountOf(smallest, kind);
}

/** undefined where the decisions hold every limit with their smallest adapters. */
export function stackLimitViolation(decisions: Decisions, rules: Rules): Incompatibility | undefined {
  for (const kind of STACK_LIMIT_KINDS) {
    const limit = rules.limits[kind];
    if (limit === undefined) continue;
    const violation = violationOf(decisions, kind, limit, rules);
    if (violation !== undefined) return violation;
  }
  return undefined;
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
  const parts: typeof largestFirst = [];
  let sum = 0;
  for (const part of largestFirst) {
    if (sum > limit.value) break;
    parts.push(part);
    sum += part.amount;
  }
  if (sum <= limit.value) return undefined;

  let slack = sum - limit.value - 1;
  const thresholds = parts.map(({ pkg, amount }) => {
    const amounts = pkg.table.versions.map((_, version) =>
      hasVersion(pkg.usable, version) ? leastAmount(pkg, version, kind, rules) : 0,
    );
    const atLeast = Math.min(...amounts.filter((other) => other > 0 && other >= amount - slack), amount);
    slack -= amount - atLeast;
    return { package: pkg, atLeast, amounts };
  });
  return {
    terms: thresholds.map(({ package: pkg, atLeast, amounts }) =>
      positive(
        pkg,
        versionsWhere(amounts.length, (version) => (amounts[version] ?? 0) >= atLeast),
      ),
    ),
    cause: {
      kind: "stackLimit",
      limit,
      parts: thresholds.map(({ package: pkg, atLeast }) => ({ package: pkg, atLeast })),
    },
  };
}

/**
 * One adapter for each version that has any. Every one starts at its highest rank; while the stack breaks a limit, the
 * largest gives way first, then whatever was given up in vain is taken back. The decisions hold every limit with their
 * smallest adapters (`stackLimitViolation`), so this ends.
 * @returns the adapters in the order of `entries`; undefined for a bundle
 */
export function chooseAdapters(
  entries: readonly IndexVersion[],
  rules: Rules,
): readonly (IndexAdapter | undefined)[] {
  const choices = entries.map((entry) => ({ adapters: fittingAdapters(entry, rules), at: 0 }));
  const total = (kind: StackLimitKind) =>
    choices.reduce((sum, { adapters, at }) => sum + (adapters[at] ? amountOf(adapters[at], kind) : 0), 0);
  const broken = () =>
    STACK_LIMIT_KINDS.find((kind) => total(kind) > (rules.limits[kind]?.value ?? Infinity));

  for (let kind = broken(); kind !== undefined; kind = broken()) {
    let largest: (typeof choices)[number] | undefined;
    let largestAmount = 0;
    for (const choice of choices) {
      const adapter = choice.adapters[choice.at];
      if (adapter === undefined || choice.at + 1 >= choice.adapters.length) continue;
      const amount = amountOf(adapter, kind);
      if (amount > largestAmount) {
        largest = choice;
        largestAmount = amount;
      }
    }
    if (largest === undefined) break;
    largest.at += 1;
  }
  for (const choice of choices) {
    while (choice.at > 0) {
      choice.at -= 1;
      if (broken() === undefined) continue;
      choice.at += 1;
      break;
    }
  }
  return choices.map(({ adapters, at }) => adapters[at]);
}
