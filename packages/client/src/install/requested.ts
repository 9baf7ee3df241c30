// SPDX-License-Identifier: Apache-2.0
import type { Dependency } from "../manifest/index.ts";
import type { PackageName, PackageSpec } from "../names.ts";
import type { Requested } from "../project/index.ts";
import type { Version } from "../versions.ts";

/** Asks for the newest version that works here. */
export const ANY_VERSION = "*";

/**
 * What `lora install SPEC…` adds to the dependencies. A name without a range keeps the range that lora.json has; a new
 * one asks for the newest version that works here, which is saved as a caret range once it is known.
 */
export function requestSpecs(requested: Requested, specs: readonly PackageSpec[]): Requested {
  const added = specs.map(({ name, range }): [PackageName, Dependency] => {
    const present = requested.dependencies[name];
    return [name, { ...present, range: range ?? present?.range ?? ANY_VERSION }];
  });
  return { ...requested, dependencies: { ...requested.dependencies, ...Object.fromEntries(added) } };
}

/** The dependencies to write into lora.json: as they were asked for, and `^VERSION` where any version was. */
export function savedDependencies(
  requested: Requested,
  versions: Record<PackageName, { version: Version }>,
): Requested["dependencies"] {
  const saved = Object.entries(requested.dependencies).map(([name, dependency]) => {
    const version = versions[name as PackageName]?.version;
    const isOpen = dependency.range === ANY_VERSION && version !== undefined;
    return [name, isOpen ? { ...dependency, range: `^${version}` } : dependency];
  });
  return Object.fromEntries(saved) as Requested["dependencies"];
}
