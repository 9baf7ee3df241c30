// SPDX-License-Identifier: Apache-2.0
/** An index file as the solver reads it: versions in order, and for each range the set of versions that it means. */
import { Range, type SemVer, compare as semverCompare } from "semver";
import type { IndexVersion, PackageIndex } from "../documents/index.ts";
import { isDistTag } from "../manifest/index.ts";
import type { PackageName } from "../names.ts";
import type { Version } from "../versions.ts";
import { fullSet, singleVersion, type VersionSet, versionsWhere } from "./version-set.ts";

export interface VersionTable {
  readonly name: PackageName;
  /** False where the registry has no such package; the table is empty then. */
  readonly exists: boolean;
  /** Oldest first. */
  readonly versions: readonly Version[];
  /** In the order of `versions`. */
  readonly entries: readonly IndexVersion[];
  readonly distTags: Readonly<Record<string, Version>>;
  /** Newest first, with the reasons that the registry gives. */
  readonly takenDown: readonly { version: Version; reason: string | undefined }[];
  /** Every version, and absence. */
  readonly full: VersionSet;
  /** What a range or a dist-tag means here; empty where nothing meets it. */
  setOf(range: string): VersionSet;
}

/** A version taken apart once: a package has many ranges over few versions. */
interface Parsed {
  text: Version;
  major: number;
  minor: number;
  patch: number;
  prerelease: boolean;
}

export function tableOf(name: PackageName, index: PackageIndex | undefined): VersionTable {
  const parsed = (Object.keys(index?.versions ?? {}) as Version[]).map(takeApart).sort(compareParsed);
  const versions = parsed.map(({ text }) => text);
  const sets = new Map<string, VersionSet>();
  const distTags = index?.distTags ?? {};
  return {
    name,
    exists: index !== undefined,
    versions,
    entries: versions.map((version) => index?.versions[version] as IndexVersion),
    distTags,
    takenDown: takenDownOf(index),
    full: fullSet(versions.length),
    setOf(range) {
      let set = sets.get(range);
      if (set === undefined) {
        set = isDistTag(range) ? taggedSet(versions, distTags, range) : rangeSet(parsed, range);
        sets.set(range, set);
      }
      return set;
    },
  };
}

function takenDownOf(index: PackageIndex | undefined): VersionTable["takenDown"] {
  const claims = index?.takenDown ?? {};
  const sorted = (Object.keys(claims) as Version[]).map(takeApart).sort(compareParsed).reverse();
  return sorted.map(({ text }) => ({ version: text, reason: claims[text]?.reason }));
}

function taggedSet(versions: readonly Version[], distTags: Readonly<Record<string, Version>>, tag: string) {
  const index = Object.hasOwn(distTags, tag) ? versions.indexOf(distTags[tag] as Version) : -1;
  return index < 0 ? versionsWhere(versions.length, () => false) : singleVersion(versions.length, index);
}

/**
 * Each alternative of a range is an interval of the sorted versions, found by bisection. A prerelease inside the
 * interval is asked of `semver` itself, because npm admits it only next to a bound of the same major.minor.patch.
 */
function rangeSet(versions: readonly Parsed[], text: string): VersionSet {
  const range = new Range(text);
  const intervals = range.set.map((comparators) => {
    let from = 0;
    let to = versions.length;
    for (const { operator, semver } of comparators) {
      // The comparator "any" has a symbol where others have a version.
      if (typeof semver.version !== "string") continue;
      const first = firstAtLeast(versions, semver);
      const after =
        first + (versions[first] !== undefined && compareTo(versions[first], semver) === 0 ? 1 : 0);
      if (operator === ">") from = Math.max(from, after);
      else if (operator === ">=") from = Math.max(from, first);
      else if (operator === "<") to = Math.min(to, first);
      else if (operator === "<=") to = Math.min(to, after);
      else {
        from = Math.max(from, first);
        to = Math.min(to, after);
      }
    }
    return { from, to };
  });
  return versionsWhere(versions.length, (index) => {
    if (!intervals.some(({ from, to }) => from <= index && index < to)) return false;
    const version = versions[index] as Parsed;
    return !version.prerelease || range.test(version.text);
  });
}

function firstAtLeast(versions: readonly Parsed[], bound: SemVer): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareTo(versions[middle] as Parsed, bound) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareTo(version: Parsed, bound: SemVer): number {
  return (
    version.major - bound.major ||
    version.minor - bound.minor ||
    version.patch - bound.patch ||
    (version.prerelease || bound.prerelease.length > 0 ? semverCompare(version.text, bound) : 0)
  );
}

/** Canonical versions need no grammar: three numbers, then perhaps a hyphen. */
function takeApart(text: Version): Parsed {
  const dash = text.indexOf("-");
  const first = text.indexOf(".");
  const second = text.indexOf(".", first + 1);
  return {
    text,
    major: Number(text.slice(0, first)),
    minor: Number(text.slice(first + 1, second)),
    patch: Number(text.slice(second + 1, dash < 0 ? undefined : dash)),
    prerelease: dash >= 0,
  };
}

function compareParsed(a: Parsed, b: Parsed): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    (a.prerelease || b.prerelease ? semverCompare(a.text, b.text) : 0)
  );
}
