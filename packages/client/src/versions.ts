// SPDX-License-Identifier: Apache-2.0
/** Versions and ranges: semver 2.0.0 with npm's ranges and npm's rule for prereleases, by the `semver` package. */
import * as semver from "semver";
import { LoraError } from "./errors.ts";
import { quote } from "./names.ts";

declare const brand: unique symbol;
/** A canonical semver version: no leading `v`, no build metadata. */
export type Version = string & { readonly [brand]: "Version" };
/** A range as a person wrote it, known to parse. */
export type VersionRange = string & { readonly [brand]: "VersionRange" };

export const MAX_VERSION_LENGTH = 64;
export const MAX_RANGE_LENGTH = 200;

/** Only the canonical form: a version is part of a path and of a signed statement, so it has one spelling. */
export function isVersion(text: string): text is Version {
  return text.length <= MAX_VERSION_LENGTH && semver.valid(text) === text;
}

/** @throws LoraError VERSION_INVALID */
export function parseVersion(text: string): Version {
  if (isVersion(text)) return text;
  const clean = text.length <= MAX_VERSION_LENGTH ? semver.valid(semver.coerce(text)) : null;
  throw new LoraError("VERSION_INVALID", `${quote(text)} is not a version`, {
    ...(clean === null ? {} : { hint: `write ${clean}` }),
  });
}

export function isVersionRange(text: string): text is VersionRange {
  return text.length <= MAX_RANGE_LENGTH && semver.validRange(text) !== null;
}

/** @throws LoraError VERSION_INVALID */
export function parseVersionRange(text: string): VersionRange {
  if (isVersionRange(text)) return text;
  throw new LoraError("VERSION_INVALID", `${quote(text)} is not a version range`, {
    hint: "use a range such as ^1.2.0, ~1.2, 1.x or >=1 <3",
  });
}

export function satisfies(version: Version, range: VersionRange): boolean {
  return semver.satisfies(version, range);
}

/** Negative when a is older than b: for `sort`. */
export function compareVersions(a: Version, b: Version): number {
  return semver.compare(a, b);
}

export function isPrerelease(version: Version): boolean {
  return semver.prerelease(version) !== null;
}

/** The newest release, or the newest prerelease where there is no release; undefined for none. */
export function newestVersion(versions: Iterable<Version>): Version | undefined {
  let best: Version | undefined;
  for (const version of versions) {
    if (best === undefined) best = version;
    else if (isPrerelease(best) !== isPrerelease(version)) best = isPrerelease(best) ? version : best;
    else if (semver.gt(version, best)) best = version;
  }
  return best;
}

/**
 * What `lora version` makes of a version.
 * @param step `patch`, `minor`, `major`, or a version above the present one
 * @throws LoraError VERSION_INVALID
 */
export function nextVersion(version: Version, step: string): Version {
  if (step === "patch" || step === "minor" || step === "major")
    return parseVersion(semver.inc(version, step) ?? "");
  const next = parseVersion(step);
  if (semver.gt(next, version)) return next;
  throw new LoraError("VERSION_INVALID", `${next} is not above ${version}`);
}
