// SPDX-License-Identifier: Apache-2.0
/** A statement about one package: it is in one of these states. "Not ^1.0.0" is the set of all other states. */
import type { Package } from "./package.ts";
import { difference, type VersionSet } from "./version-set.ts";

export interface Term {
  readonly package: Package;
  readonly set: VersionSet;
}

/** "One of these versions is chosen." */
export function positive(pkg: Package, versions: VersionSet): Term {
  return { package: pkg, set: versions };
}

/** "None of these versions is chosen": another one is, or the package is absent. */
export function negative(pkg: Package, versions: VersionSet): Term {
  return { package: pkg, set: difference(pkg.table.full, versions) };
}
