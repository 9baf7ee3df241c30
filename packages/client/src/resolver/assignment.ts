// SPDX-License-Identifier: Apache-2.0
import type { Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { VersionSet } from "./version-set.ts";

/** One step of the search: a package is known, or guessed, to be in one of these states. */
export interface Assignment {
  readonly package: Package;
  readonly set: VersionSet;
  /** What the package can still be after this and every earlier assignment. */
  readonly left: VersionSet;
  /** Place among all assignments; BEFORE_ALL for what holds before the search begins. */
  readonly index: number;
  /** Number of decisions up to here. */
  readonly level: number;
  /** Why it must be so; undefined for a decision, which is a guess. */
  readonly cause: Incompatibility | undefined;
}

export const BEFORE_ALL = -1;
