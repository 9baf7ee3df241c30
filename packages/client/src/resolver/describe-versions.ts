// SPDX-License-Identifier: Apache-2.0
/** Sets of versions in words: exactly the versions that exist and are meant, in the shortest usual form. */
import type { Package } from "./package.ts";
import {
  allowsAbsence,
  countVersions,
  difference,
  isEqual,
  newestIn,
  type VersionSet,
  versionsIn,
} from "./version-set.ts";

/** More runs than this are counted instead of listed. */
const MAX_LISTED_RUNS = 4;
const MAX_LISTED = 12;

/** `text` names versions of a package; `isPlural` is whether a verb behind it is. */
export interface Phrase {
  text: string;
  isPlural: boolean;
}

/** "@a/b 1.0.0", "@a/b 2.x", "every version of @a/b", "@a/b 1.0.0, 1.2.0 and 1.4.0 to 1.9.0". */
export function describeVersions(pkg: Package, versions: VersionSet, last = "and"): Phrase {
  const { name } = pkg.table;
  const all = describeAll(pkg, versions);
  if (all !== undefined) return { text: `every ${all} of ${name}`, isPlural: false };
  const { text, isPlural } = describeBare(pkg, versions, last);
  return { text: `${name} ${text}`, isPlural };
}

/** "version" where these are all, "release" where these are all but the prereleases; of one version neither is said. */
export function describeAll(pkg: Package, versions: VersionSet): "version" | "release" | undefined {
  if (countVersions(versions) < 2) return undefined;
  if (isEvery(pkg, versions)) return "version";
  return isEqual(pkg.table.setOf("*"), versions) ? "release" : undefined;
}

/** What is required: the range as somebody wrote it, if one means just these versions. */
export function describeRequired(pkg: Package, versions: VersionSet): string {
  const written = pkg.ranges.find((range) => isEqual(pkg.table.setOf(range), versions));
  if (written !== undefined) return describeRequirement(pkg, written);
  if (isEvery(pkg, versions)) return pkg.table.name;
  return describeVersions(pkg, versions, "or").text;
}

/** "@a/b ^1.0.0"; a tag with what it names; the bare name where any version will do. */
export function describeRequirement(pkg: Package, asked: string): string {
  const { name, distTags } = pkg.table;
  // A range may have line breaks between its parts, and comes from a stranger.
  const range = asked.replace(/\s+/g, " ").trim();
  if (range === "*" || range === "") return name;
  const tagged = Object.hasOwn(distTags, range) ? distTags[range] : undefined;
  return tagged === undefined ? `${name} ${range}` : `${name} ${range} (${tagged})`;
}

function isEvery(pkg: Package, versions: VersionSet): boolean {
  const others = difference(pkg.table.full, versions);
  return allowsAbsence(others) && countVersions(others) === 0;
}

function describeBare(pkg: Package, versions: VersionSet, last: string): Phrase {
  const indices = versionsIn(versions);
  const [first] = indices;
  if (first !== undefined && indices.length === 1) {
    return { text: versionAt(pkg, first), isPlural: false };
  }
  const candidates = [...usualRanges(pkg, versions), ...pkg.ranges];
  const range = candidates.find((text) => isEqual(pkg.table.setOf(text), versions));
  if (range !== undefined) return { text: range, isPlural: false };
  const runs = runsOf(indices);
  if (runs.length > MAX_LISTED_RUNS) {
    const [from, to] = [versionAt(pkg, first ?? 0), versionAt(pkg, newestIn(versions) ?? 0)];
    return { text: `${from} to ${to} (${indices.length} of them)`, isPlural: true };
  }
  const parts = runs.flatMap(([from, to]) => {
    const ends = [versionAt(pkg, from), versionAt(pkg, to)];
    if (from === to) return ends.slice(1);
    return to === from + 1 ? ends : [ends.join(" to ")];
  });
  return { text: list(parts, last), isPlural: true };
}

/** "2.x" and "2.1.x" where the set could be that, then bounds. */
function usualRanges(pkg: Package, versions: VersionSet): string[] {
  const indices = versionsIn(versions);
  const [oldest, newest] = [indices[0], indices.at(-1)];
  if (oldest === undefined || newest === undefined) return [];
  const [major, minor] = versionAt(pkg, oldest).split(".");
  const isAtStart = oldest === 0;
  const isAtEnd = newest === pkg.table.versions.length - 1;
  return [
    `${major}.x`,
    `${major}.${minor}.x`,
    ...(isAtEnd ? [`>=${versionAt(pkg, oldest)}`] : []),
    ...(isAtStart ? [`<=${versionAt(pkg, newest)}`] : []),
  ];
}

/** The same set as one semver range, for programs: exact among the versions that exist. */
export function rangeOf(pkg: Package, versions: VersionSet): string {
  if (countVersions(versions) === 0) return "<0.0.0-0";
  const indices = versionsIn(versions);
  const bounds = runsOf(indices).map(([from, to]) =>
    from === to ? versionAt(pkg, from) : `>=${versionAt(pkg, from)} <=${versionAt(pkg, to)}`,
  );
  // Bounds do not admit the prereleases between them.
  const prereleases = indices
    .map((index) => versionAt(pkg, index))
    .filter((version) => version.includes("-"));
  return [...new Set([...bounds, ...prereleases])].join(" || ");
}

/** Versions that follow one another among all versions of the package, as first and last. */
function runsOf(indices: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs;
}

function versionAt(pkg: Package, index: number): string {
  return pkg.table.versions[index] as string;
}

/** "a", "a and b", "a, b and c"; of many the first, and how many more. */
export function list(all: readonly string[], last = "and"): string {
  const parts =
    all.length > MAX_LISTED ? [...all.slice(0, MAX_LISTED - 1), `${all.length - MAX_LISTED + 1} more`] : all;
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} ${last} ${parts.at(-1)}`;
}
