// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "../names.ts";
import type { Lockfile } from "../project/index.ts";
import type { Version } from "../versions.ts";

/** What an install did, or would do, to one package. */
export interface PackageChange {
  name: PackageName;
  /** Undefined when it was not there. */
  from: Version | undefined;
  /** Undefined when it is gone. */
  to: Version | undefined;
}

/** In order of names; packages that stay are left out. */
export function diffLockfiles(before: Lockfile | undefined, after: Lockfile): PackageChange[] {
  const names = new Set([
    ...Object.keys(before?.packages ?? {}),
    ...Object.keys(after.packages),
  ]) as Set<PackageName>;
  return [...names]
    .sort()
    .map((name) => ({ name, from: before?.packages[name]?.version, to: after.packages[name]?.version }))
    .filter(({ name, from, to }) => from !== to || before?.packages[name]?.id !== after.packages[name]?.id);
}
