// SPDX-License-Identifier: Apache-2.0
/**
 * An incompatibility is a list of terms, at most one a package, that cannot all be true, and the reason why.
 * The project is always chosen, so it has no term of its own:
 *
 *     the project depends on a ^1     { not a ^1 }
 *     a 1.0.0 depends on b ^2         { a 1.0.0, not b ^2 }
 *     a 1.0.0 conflicts with b ^3     { a 1.0.0, b ^3 }
 *     b 2.0.0 is for another base     { b 2.0.0 }
 *     there is no solution            { }
 */
import type { Package } from "./package.ts";
import type { Limit } from "./rules.ts";
import type { Term } from "./term.ts";

export interface Incompatibility {
  readonly terms: readonly Term[];
  readonly cause: Cause;
}

export type Cause = Fact | Derived;

/** What is so outside of the solver: the leaves of every proof. */
export type Fact = RequirementFact | UnusableFact | ConflictFact | OptionFact | StackLimitFact;

/** What a package, or the project, asks of another: it can be met, or why not. */
export interface RequirementFact {
  readonly kind: "dependency" | "noVersions" | "notFound" | "forbiddenScope";
  /** undefined: the project. */
  readonly dependent: Package | undefined;
  readonly on: Package;
  /** The range or dist-tag that counts: the override's, where there is one. */
  readonly range: string;
  readonly isOverridden: boolean;
}

/** Versions of one package that nothing may choose. */
export interface UnusableFact {
  readonly kind: "baseMismatch" | "unsupportedTargets" | "rankTooHigh" | "yanked" | "tooYoung";
  readonly package: Package;
}

export interface ConflictFact {
  readonly kind: "conflict";
  readonly package: Package;
  readonly other: Package;
  readonly range: string;
}

/** A package, or the project, may take an optional dependency or leave it; see `option.ts`. */
export interface OptionFact {
  readonly kind: "option";
  readonly option: Package;
}

export interface StackLimitFact {
  readonly kind: "stackLimit";
  readonly limit: Limit;
  /** Set where the packages could hold either limit, but not both. */
  readonly secondLimit?: Limit;
  /** What each chosen version of these packages adds at least, in the unit of `limit`. */
  readonly parts: readonly { readonly package: Package; readonly atLeast: number }[];
}

/** Resolved from others: whatever state `pivot` is in, one of `from` has all its other terms here. */
export interface Derived {
  readonly kind: "derived";
  readonly pivot: Package;
  readonly from: readonly Incompatibility[];
}
