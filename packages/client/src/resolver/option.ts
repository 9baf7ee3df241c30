// SPDX-License-Identifier: Apache-2.0
/**
 * An optional dependency is a small package of its own with two versions, "skipped" and "taken", of which the newer is
 * preferred. Whoever has the optional dependency depends on either, and "taken" depends on the real package. So one
 * that cannot be taken is skipped by the same search, for the same explained reasons, and never fails a resolution.
 */
import type { PackageName } from "../names.ts";
import type { Version } from "../versions.ts";
import type { Package } from "./package.ts";
import { fullSet, singleVersion, versionsWhere } from "./version-set.ts";
import type { VersionTable } from "./version-table.ts";

export interface Option {
  /** undefined: the project. */
  readonly dependent: Package | undefined;
  readonly on: PackageName;
  /** The range or dist-tag that counts: the override's, where there is one. */
  readonly range: string;
  readonly isOverridden: boolean;
  /** Whether the lockfile has what it asks for. */
  readonly isLocked: boolean;
  /** Options are taken in this order: the project's first, then by names. */
  readonly rank: string;
}

export const SKIPPED = 0;
export const TAKEN = 1;
export const takenSet = singleVersion(2, TAKEN);
export const eitherSet = versionsWhere(2, () => true);

export function optionRank(dependent: Package | undefined, on: PackageName, range: string): string {
  return `${dependent === undefined ? "" : dependent.table.name} ${on} ${range}`;
}

export function optionTable(on: PackageName): VersionTable {
  return {
    name: on,
    exists: true,
    versions: ["0.0.0", "1.0.0"] as Version[],
    entries: [],
    distTags: {},
    takenDown: [],
    full: fullSet(2),
    setOf: () => eitherSet,
  };
}
