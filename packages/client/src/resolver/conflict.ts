// SPDX-License-Identifier: Apache-2.0
/** Resolution: from two incompatibilities, one that says what both together rule out. */
import type { Assignment } from "./assignment.ts";
import type { Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { PartialSolution } from "./partial-solution.ts";
import { positive, type Term } from "./term.ts";
import { difference, intersection, isDisjoint, isEmpty, singleVersion, union } from "./version-set.ts";

/**
 * Takes `{p in A, q…}` and `{p in B, r…}` to `{p in A ∪ B, q…, r…}`; the term of p goes where A ∪ B is everything. It
 * is not where `satisfier` met the term only together with earlier assignments: then what is left of the term stays.
 * States of p that are unusable need no further step: the facts that say so are taken in at once.
 */
export function resolveOn(
  pivot: Package,
  conflict: Incompatibility,
  cause: Incompatibility,
): Incompatibility {
  const terms = new Map<Package, Term>();
  for (const term of conflict.terms) terms.set(term.package, term);
  for (const term of cause.terms) {
    const other = terms.get(term.package);
    if (other === undefined) terms.set(term.package, term);
    else if (term.package !== pivot) {
      terms.set(term.package, { package: term.package, set: intersection(other.set, term.set) });
    } else {
      terms.set(pivot, { package: pivot, set: union(other.set, term.set) });
    }
  }
  const from = [conflict, cause];
  const covered = (terms.get(pivot) as Term).set;
  const missing = difference(pivot.table.full, covered);
  if (isDisjoint(missing, pivot.usable)) {
    terms.delete(pivot);
    if (!isEmpty(missing)) from.push(...pivot.unusable.filter((fact) => overlaps(fact, missing)));
  }
  return { terms: [...terms.values()], cause: { kind: "derived", pivot, from } };
}

function overlaps(fact: Incompatibility, missing: Term["set"]): boolean {
  return fact.terms.some(({ set }) => !isDisjoint(set, missing));
}

/**
 * Drops terms that only ask that unusable versions are not chosen. They hold everywhere, so what is learned says more
 * without them, and an explanation names the unusable versions where somebody asks for them.
 */
export function withoutUnusable(incompatibility: Incompatibility): Incompatibility {
  let result = incompatibility;
  for (const { package: pkg, set } of incompatibility.terms) {
    const missing = difference(pkg.table.full, set);
    const fact = isDisjoint(missing, pkg.usable) && pkg.unusable.find((other) => overlaps(other, missing));
    if (fact) result = resolveOn(pkg, result, fact);
  }
  return result;
}

/**
 * What conflict resolution found. With everything above `level` forgotten, one term of `learned` is open; without a
 * level `learned` has no terms, and there is no solution.
 */
export interface RootCause {
  learned: Incompatibility;
  level: number | undefined;
}

/** Follows a satisfied incompatibility back to the decisions that brought it about, if there are any. */
export function findRootCause(conflict: Incompatibility, partial: PartialSolution): RootCause {
  let learned = withoutUnusable(conflict);
  while (learned.terms.length > 0) {
    let latest: Assignment | undefined;
    let latestTerm: Term | undefined;
    let previousLevel = 0;
    for (const term of learned.terms) {
      const satisfier = partial.satisfier(term);
      if (latest === undefined || satisfier.index > latest.index) {
        if (latest !== undefined) previousLevel = Math.max(previousLevel, latest.level);
        latest = satisfier;
        latestTerm = term;
      } else {
        previousLevel = Math.max(previousLevel, satisfier.level);
      }
    }
    if (latest === undefined || latestTerm === undefined) break;
    const same = partial.previousSatisfier(latestTerm, latest);
    if (same !== undefined) previousLevel = Math.max(previousLevel, same.level);
    if (latest.cause === undefined || (latest.level > 0 && previousLevel < latest.level)) {
      return { learned, level: previousLevel };
    }
    learned = withoutUnusable(resolveOn(latest.package, learned, latest.cause));
  }
  return { learned, level: undefined };
}

/**
 * Follows an incompatibility back until nothing is left in it but decisions and the given package, and says of each
 * decided package only which version was decided.
 */
export function reduceToDecisions(
  incompatibility: Incompatibility,
  kept: Package,
  partial: PartialSolution,
): Incompatibility {
  let reduced = withoutUnusable(incompatibility);
  for (let cause = latestCause(reduced, kept, partial); cause; cause = latestCause(reduced, kept, partial)) {
    reduced = withoutUnusable(resolveOn(cause.package, reduced, cause.by));
  }
  const terms = reduced.terms.map((term): Term => {
    const version = partial.decision(term.package);
    if (term.package === kept || version === undefined) return term;
    return positive(term.package, singleVersion(term.package.table.versions.length, version));
  });
  return { terms, cause: reduced.cause };
}

function latestCause({ terms }: Incompatibility, kept: Package, partial: PartialSolution) {
  let latest: Assignment | undefined;
  for (const term of terms) {
    if (term.package === kept) continue;
    const satisfier = partial.satisfier(term);
    if (satisfier.cause !== undefined && satisfier.index > (latest?.index ?? -Infinity)) latest = satisfier;
  }
  return latest?.cause && { package: latest.package, by: latest.cause };
}
