// SPDX-License-Identifier: Apache-2.0
/** A package as one run of the solver knows it. */
import type { IndexVersion } from "../documents/index.ts";
import { unfitReason } from "./adapters.ts";
import type { Incompatibility, UnusableFact } from "./incompatibility.ts";
import type { Option } from "./option.ts";
import type { Rules } from "./rules.ts";
import { positive } from "./term.ts";
import { difference, type VersionSet, versionsWhere } from "./version-set.ts";
import type { VersionTable } from "./version-table.ts";

export interface Package {
  /** Counts packages in the order in which they were first needed. */
  readonly id: number;
  readonly table: VersionTable;
  /** Set where this stands for an optional dependency instead of a real package. */
  readonly option: Option | undefined;
  /** What nothing may choose, whatever else is chosen; known before the search begins. */
  readonly unusable: readonly Incompatibility[];
  /** Absence, and every version that is not unusable. */
  readonly usable: VersionSet;
  /** Index of the version to keep, if there is one that may be kept. */
  readonly locked: number | undefined;
  /** Those with a term on this package, oldest first. The solver adds to it. */
  readonly incompatibilities: Incompatibility[];
  /** Ranges that facts name, for texts; in the order in which the solver met them. */
  readonly ranges: string[];
  /** Versions whose facts are known. The solver adds to it. */
  expanded: VersionSet;
  /** How many conflicts it took part in. */
  conflicts: number;
}

export function createPackage(id: number, table: VersionTable, rules: Rules, option?: Option): Package {
  const locked = option === undefined ? rules.lockedVersion(table.name) : undefined;
  const lockedIndex = locked === undefined ? -1 : table.versions.indexOf(locked);
  const count = table.versions.length;
  const pkg = {
    id,
    table,
    option,
    unusable: [] as Incompatibility[],
    usable: table.full,
    locked: lockedIndex < 0 ? undefined : lockedIndex,
    incompatibilities: [],
    ranges: [] as string[],
    expanded: versionsWhere(count, () => false),
    conflicts: 0,
  };
  if (option !== undefined) return pkg;
  const reasons = table.entries.map((entry, index) => unusableReason(entry, index === lockedIndex, rules));
  for (const kind of UNUSABLE_KINDS) {
    if (!reasons.includes(kind)) continue;
    const set = versionsWhere(count, (index) => reasons[index] === kind);
    pkg.unusable.push({ terms: [positive(pkg, set)], cause: { kind, package: pkg } });
    pkg.usable = difference(pkg.usable, set);
  }
  return pkg;
}

const UNUSABLE_KINDS = ["baseMismatch", "unsupportedTargets", "rankTooHigh", "yanked", "tooYoung"] as const;

/** Of several reasons the lasting one, so that nobody waits for a version that will never fit the model. */
export function unusableReason(
  entry: IndexVersion,
  isLocked: boolean,
  rules: Rules,
): UnusableFact["kind"] | undefined {
  const unfit = unfitReason(entry, rules);
  if (unfit !== undefined) return unfit;
  if (entry.yanked !== undefined && !isLocked) return "yanked";
  if (rules.publishedBefore !== undefined && Date.parse(entry.publishedAt) > rules.publishedBefore)
    return "tooYoung";
  return undefined;
}
