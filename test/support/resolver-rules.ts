// SPDX-License-Identifier: Apache-2.0
/** The rules of a resolution once more, as plainly as can be: what the resolver's tests compare it with. */
import type { IndexAdapter, IndexVersion, PackageIndex } from "../../packages/client/src/documents/index.ts";
import type { PackageName } from "../../packages/client/src/names.ts";
import { scopeOf } from "../../packages/client/src/names.ts";
import type { ResolveRequest } from "../../packages/client/src/resolver/index.ts";
import { satisfies, type Version, type VersionRange } from "../../packages/client/src/versions.ts";

export type Indexes = ReadonlyMap<PackageName, PackageIndex>;

export function entries<Value>(record: Readonly<Record<PackageName, Value>> | undefined) {
  return Object.entries(record ?? {}) as [PackageName, Value][];
}

export function versionsOf(indexes: Indexes, name: PackageName): [Version, IndexVersion][] {
  return Object.entries(indexes.get(name)?.versions ?? {}) as [Version, IndexVersion][];
}

/** Whether a version is what a range or a dist-tag names. */
export function isIn(indexes: Indexes, name: PackageName, version: Version, range: string): boolean {
  if (/^[a-z]/.test(range)) return indexes.get(name)?.distTags[range] === version;
  return satisfies(version, range as VersionRange);
}

/** As `isIn`, under the project's overrides. */
export function isAsked(
  request: ResolveRequest,
  indexes: Indexes,
  name: PackageName,
  version: Version,
  range: string,
): boolean {
  return isIn(indexes, name, version, request.overrides?.[name] ?? range);
}

export function isConflict(indexes: Indexes, name: PackageName, version: Version, range: string): boolean {
  return range === "*" || isIn(indexes, name, version, range);
}

export function adaptersHere(request: ResolveRequest, entry: IndexVersion): IndexAdapter[] {
  const { limits, runtime, base } = request;
  return entry.adapters.filter(
    (adapter) =>
      adapter.base.fingerprint === base.fingerprint &&
      adapter.rank <= (limits?.maxRank ?? Infinity) &&
      adapter.rank <= (runtime?.maxRank ?? Infinity) &&
      adapter.targets.every((target) => runtime?.targets === undefined || runtime.targets.includes(target)),
  );
}

/** Why a version may not be chosen, whatever else is; empty where it may. */
export function faultsOfVersion(
  request: ResolveRequest,
  name: PackageName,
  version: Version,
  entry: IndexVersion,
): string[] {
  const { policy, now = new Date(), locked = {} } = request;
  const faults: string[] = [];
  if (policy?.scopes !== undefined && !policy.scopes.includes(scopeOf(name))) faults.push("scope");
  if (entry.adapters.length > 0 && adaptersHere(request, entry).length === 0) faults.push("adapter");
  if (entry.yanked !== undefined && locked[name] !== version) faults.push("yanked");
  const age = now.getTime() - Date.parse(entry.publishedAt);
  if ((policy?.minReleaseAge ?? 0) > 0 && age < (policy?.minReleaseAge ?? 0)) faults.push("age");
  return faults;
}

export function stackLimitsOf({ limits, runtime }: ResolveRequest) {
  const least = (kind: "maxAdapters" | "maxRankSum" | "maxBytes") =>
    Math.min(limits?.[kind] ?? Infinity, runtime?.[kind] ?? Infinity);
  return { adapters: least("maxAdapters"), rankSum: least("maxRankSum"), bytes: least("maxBytes") };
}
