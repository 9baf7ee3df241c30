// SPDX-License-Identifier: Apache-2.0
/** Unit propagation: where all terms of an incompatibility but one are satisfied, that one cannot be true. */
import type { Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { PartialSolution } from "./partial-solution.ts";
import type { Term } from "./term.ts";

/** Takes a conflict, backtracks and returns what it learned, of which one term is open; undefined: there is no way out. */
export type Learn = (conflict: Incompatibility) => Incompatibility | undefined;

/** How many incompatibilities were looked at: the same on every machine, and near to proportional to time. */
export interface Effort {
  spent: number;
}

export function addIncompatibility(incompatibility: Incompatibility): void {
  for (const { package: pkg } of incompatibility.terms) pkg.incompatibilities.push(incompatibility);
}

/**
 * Derives everything that follows from the changed packages, and empties the set.
 * @returns false when there is no solution
 */
export function propagate(
  changed: Set<Package>,
  partial: PartialSolution,
  learn: Learn,
  effort: Effort,
): boolean {
  for (const pkg of changed) {
    changed.delete(pkg);
    effort.spent += pkg.incompatibilities.length;
    const conflict = deriveFrom(pkg, partial, changed);
    if (conflict === undefined) continue;
    const learned = learn(conflict);
    if (learned === undefined) return false;
    // Whatever else had changed was of a level that is forgotten now.
    changed.clear();
    const open = openTerm(learned, partial) as Term;
    partial.derive(open, learned);
    changed.add(open.package);
  }
  return true;
}

/** @returns the first conflict, if there is one */
function deriveFrom(
  pkg: Package,
  partial: PartialSolution,
  changed: Set<Package>,
): Incompatibility | undefined {
  // Newest first: what was learned last says most.
  for (let i = pkg.incompatibilities.length - 1; i >= 0; i -= 1) {
    const incompatibility = pkg.incompatibilities[i] as Incompatibility;
    const open = openTerm(incompatibility, partial);
    if (open === undefined) continue;
    if (open === "none") return incompatibility;
    partial.derive(open, incompatibility);
    changed.add(open.package);
  }
  return undefined;
}

/** The only term that is neither satisfied nor contradicted; "none" where all are satisfied; else undefined. */
function openTerm({ terms }: Incompatibility, partial: PartialSolution): Term | "none" | undefined {
  let open: Term | undefined;
  for (const term of terms) {
    if (partial.satisfies(term)) continue;
    if (open !== undefined || partial.contradicts(term)) return undefined;
    open = term;
  }
  return open ?? "none";
}
