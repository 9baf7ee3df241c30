// SPDX-License-Identifier: Apache-2.0
import { type Assignment, BEFORE_ALL } from "./assignment.ts";
import type { Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { Term } from "./term.ts";
import {
  allowsAbsence,
  countVersions,
  difference,
  hasVersion,
  intersection,
  isDisjoint,
  isSubset,
  singleVersion,
  type VersionSet,
} from "./version-set.ts";

interface State {
  readonly assignments: Assignment[];
  /** The `left` of the last assignment. */
  left: VersionSet;
  decision: number | undefined;
  /** Versions in `left`; undefined until somebody asks. */
  count: number | undefined;
}

/** The assignments of the search so far, in order, and for each package what is left of it. */
export class PartialSolution {
  readonly #assignments: Assignment[] = [];
  /** By package id. */
  readonly #states: State[] = [];
  /** Packages that must be present and have no version yet. */
  readonly #undecided = new Set<Package>();
  #level = 0;

  get undecided(): ReadonlySet<Package> {
    return this.#undecided;
  }

  /** What is unusable holds before everything else, whenever the package was first heard of. */
  add(pkg: Package): void {
    const state: State = { assignments: [], left: pkg.table.full, decision: undefined, count: undefined };
    for (const incompatibility of pkg.unusable) {
      const set = difference(pkg.table.full, (incompatibility.terms[0] as Term).set);
      state.left = intersection(state.left, set);
      const { left } = state;
      state.assignments.push({
        package: pkg,
        set,
        left,
        index: BEFORE_ALL,
        level: 0,
        cause: incompatibility,
      });
    }
    this.#states[pkg.id] = state;
  }

  left(pkg: Package): VersionSet {
    return this.#state(pkg).left;
  }

  decision(pkg: Package): number | undefined {
    return this.#states[pkg.id]?.decision;
  }

  /** How many versions are left. */
  count(pkg: Package): number {
    const state = this.#state(pkg);
    state.count ??= countVersions(state.left);
    return state.count;
  }

  /** Every decided package with the index of its version, in the order of the decisions. */
  decisions(): Map<Package, number> {
    const result = new Map<Package, number>();
    for (const { package: pkg, cause } of this.#assignments) {
      if (cause === undefined) result.set(pkg, this.#state(pkg).decision as number);
    }
    return result;
  }

  satisfies(term: Term): boolean {
    return isSubset(this.#state(term.package).left, term.set);
  }

  contradicts(term: Term): boolean {
    return isDisjoint(this.#state(term.package).left, term.set);
  }

  decide(pkg: Package, version: number): void {
    this.#level += 1;
    const state = this.#state(pkg);
    state.decision = version;
    this.#undecided.delete(pkg);
    this.#assign(pkg, state, singleVersion(pkg.table.versions.length, version), undefined);
  }

  /** `term` cannot be true, because all other terms of `cause` are. */
  derive(term: Term, cause: Incompatibility): void {
    const state = this.#state(term.package);
    const wasOptional = allowsAbsence(state.left);
    this.#assign(term.package, state, difference(term.package.table.full, term.set), cause);
    if (wasOptional && !allowsAbsence(state.left)) this.#undecided.add(term.package);
  }

  #assign(pkg: Package, state: State, set: VersionSet, cause: Incompatibility | undefined): void {
    state.left = intersection(state.left, set);
    state.count = undefined;
    const index = this.#assignments.length;
    const assignment = { package: pkg, set, left: state.left, index, level: this.#level, cause };
    state.assignments.push(assignment);
    this.#assignments.push(assignment);
  }

  /** Forgets every assignment above a decision level. */
  backtrack(level: number): void {
    for (let last = this.#assignments.at(-1); last && last.level > level; last = this.#assignments.at(-1)) {
      this.#assignments.pop();
      const { package: pkg } = last;
      const state = this.#state(pkg);
      state.assignments.pop();
      state.left = state.assignments.at(-1)?.left ?? pkg.table.full;
      state.count = undefined;
      if (last.cause === undefined) {
        state.decision = undefined;
        this.#undecided.add(pkg);
      }
      if (allowsAbsence(state.left)) this.#undecided.delete(pkg);
    }
    this.#level = level;
  }

  /** The earliest assignment with which the term was satisfied; the term is satisfied now. */
  satisfier(term: Term): Assignment {
    return this.#firstOf(term.package, (left) => isSubset(left, term.set)) as Assignment;
  }

  /**
   * The earliest assignment of the term's package that, together with `satisfier`, satisfied the term; undefined where
   * `satisfier` does so alone.
   */
  previousSatisfier(term: Term, satisfier: Assignment): Assignment | undefined {
    if (isSubset(satisfier.set, term.set)) return undefined;
    return this.#firstOf(term.package, (left) => isSubset(intersection(left, satisfier.set), term.set));
  }

  /** Why a version is not left; undefined where another one was decided. */
  excluder(pkg: Package, version: number): Incompatibility | undefined {
    return this.#firstOf(pkg, (left) => !hasVersion(left, version))?.cause;
  }

  /** What is left only shrinks, so the first assignment is found by bisection. */
  #firstOf(pkg: Package, holds: (left: VersionSet) => boolean): Assignment | undefined {
    const { assignments } = this.#state(pkg);
    let low = 0;
    let high = assignments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds((assignments[middle] as Assignment).left)) high = middle;
      else low = middle + 1;
    }
    return assignments[low];
  }

  #state(pkg: Package): State {
    return this.#states[pkg.id] as State;
  }
}
