// SPDX-License-Identifier: Apache-2.0
/**
 * PubGrub (Natalie Weizenbaum, 2018; doc/solver.md of dart-lang/pub): guess a version, derive what follows, and learn
 * from each conflict the reason for it, until everything required has a version or the reason is that nothing works.
 */
import type { Catalog } from "./catalog.ts";
import { findRootCause, reduceToDecisions } from "./conflict.ts";
import type { Incompatibility } from "./incompatibility.ts";
import { Knowledge } from "./knowledge.ts";
import { SKIPPED, TAKEN } from "./option.ts";
import type { Package } from "./package.ts";
import { PartialSolution } from "./partial-solution.ts";
import { prefetch } from "./prefetch.ts";
import { addIncompatibility, type Effort, propagate } from "./propagation.ts";
import type { ResolveRequest } from "./request.ts";
import type { Rules } from "./rules.ts";
import { type Decisions, stackLimitViolation } from "./stack-limits.ts";
import type { Term } from "./term.ts";
import { hasVersion, newestIn } from "./version-set.ts";

export interface SolverStats {
  /** Versions, and optional dependencies, that were tried. */
  decisions: number;
  conflicts: number;
}

export type Outcome =
  | { kind: "solved"; decisions: Decisions; whySkipped: ReadonlyMap<Package, Incompatibility | undefined> }
  | { kind: "unsolvable"; proof: Incompatibility }
  | { kind: "gaveUp" };

/** A package that took part in this many conflicts is decided earlier, so that they are met sooner; again after as many. */
const CONFLICTS_PER_PROMOTION = 5;

export async function solve(
  request: ResolveRequest,
  rules: Rules,
  catalog: Catalog,
  maxEffort: number,
): Promise<Outcome & { stats: SolverStats }> {
  const stats: SolverStats = { decisions: 0, conflicts: 0 };
  const effort: Effort = { spent: 0 };
  const partial = new PartialSolution();
  const knowledge = new Knowledge(rules, catalog, {
    onPackage: (pkg) => partial.add(pkg),
    onFact: addIncompatibility,
  });
  const proof: Incompatibility[] = [];

  prefetch(catalog, rules, request.dependencies, request.optionalDependencies ?? {});
  const changed = new Set<Package>();
  for (const fact of await knowledge.addProject(request)) {
    if (fact.terms.length === 0) return { kind: "unsolvable", proof: fact, stats };
    for (const { package: pkg } of fact.terms) changed.add(pkg);
  }

  while (propagate(changed, partial, learnFrom, effort)) {
    if (effort.spent > maxEffort) return { kind: "gaveUp", stats };
    const next = choosePackage(partial);
    if (next === undefined) {
      const decisions = partial.decisions();
      const violation = stackLimitViolation(decisions, rules);
      if (violation === undefined) {
        return { kind: "solved", decisions, whySkipped: whySkipped(decisions, partial), stats };
      }
      addIncompatibility(violation);
      changed.add((violation.terms[0] as Term).package);
      continue;
    }
    const version = chooseVersion(next, partial);
    const missing = knowledge.prepare(next, version);
    if (missing !== undefined) await missing;
    const facts = knowledge.addVersion(next, version);
    stats.decisions += 1;
    if (!facts.some((fact) => excludes(fact, next, version, partial))) partial.decide(next, version);
    changed.add(next);
  }
  return { kind: "unsolvable", proof: proof[0] as Incompatibility, stats };

  /** undefined: there is no solution. */
  function learnFrom(conflict: Incompatibility): Incompatibility | undefined {
    stats.conflicts += 1;
    const root = findRootCause(conflict, partial);
    if (root.level === undefined) {
      proof.push(root.learned);
      return undefined;
    }
    partial.backtrack(root.level);
    for (const { package: pkg } of root.learned.terms) pkg.conflicts += 1;
    if (root.learned !== conflict) addIncompatibility(root.learned);
    return root.learned;
  }
}

/** Whether choosing the version would be a conflict at once: then it is better derived away than chosen. */
function excludes(fact: Incompatibility, pkg: Package, version: number, partial: PartialSolution): boolean {
  return fact.terms.every((term) =>
    term.package === pkg ? hasVersion(term.set, version) : partial.satisfies(term),
  );
}

/** Locked packages, then optional dependencies, then whatever conflicts most and has the fewest versions left. */
function choosePackage(partial: PartialSolution): Package | undefined {
  let best: Package | undefined;
  for (const pkg of partial.undecided) {
    if (best === undefined || precedes(pkg, best, partial)) best = pkg;
  }
  return best;
}

function precedes(a: Package, b: Package, partial: PartialSolution): boolean {
  const urgencyOfA = urgency(a, partial);
  const difference =
    urgencyOfA - urgency(b, partial) ||
    (urgencyOfA === OPTIONAL || urgencyOfA === LOCKED_OPTIONAL ? compareRanks(a, b) : 0) ||
    (urgencyOfA === ORDINARY ? promotions(b) - promotions(a) || partial.count(a) - partial.count(b) : 0) ||
    a.id - b.id;
  return difference < 0;
}

const LOCKED = 0;
const LOCKED_OPTIONAL = 1;
const OPTIONAL = 2;
const ORDINARY = 3;

function urgency(pkg: Package, partial: PartialSolution): number {
  if (pkg.option !== undefined) return pkg.option.isLocked ? LOCKED_OPTIONAL : OPTIONAL;
  return pkg.locked !== undefined && hasVersion(partial.left(pkg), pkg.locked) ? LOCKED : ORDINARY;
}

function compareRanks(a: Package, b: Package): number {
  const [rankOfA = "", rankOfB = ""] = [a.option?.rank, b.option?.rank];
  return rankOfA === rankOfB ? 0 : rankOfA < rankOfB ? -1 : 1;
}

function promotions(pkg: Package): number {
  return Math.floor(pkg.conflicts / CONFLICTS_PER_PROMOTION);
}

/** The locked version, else the newest. A locked package leaves out the optional dependencies that it had left out. */
function chooseVersion(pkg: Package, partial: PartialSolution): number {
  const left = partial.left(pkg);
  if (pkg.locked !== undefined && hasVersion(left, pkg.locked)) return pkg.locked;
  if (pkg.option?.dependent !== undefined && hasVersion(left, SKIPPED) && !pkg.option.isLocked) {
    const { dependent } = pkg.option;
    if (dependent.locked !== undefined && partial.decision(dependent) === dependent.locked) return SKIPPED;
  }
  return newestIn(left) as number;
}

function whySkipped(
  decisions: Decisions,
  partial: PartialSolution,
): Map<Package, Incompatibility | undefined> {
  const result = new Map<Package, Incompatibility | undefined>();
  for (const [pkg, version] of decisions) {
    if (pkg.option === undefined || version !== SKIPPED) continue;
    const cause = partial.excluder(pkg, TAKEN);
    result.set(pkg, cause === undefined ? undefined : reduceToDecisions(cause, pkg, partial));
  }
  return result;
}
