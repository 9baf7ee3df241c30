// SPDX-License-Identifier: Apache-2.0
/**
 * What was published stays published: an index that lacks a release which this machine or this project has seen, or that
 * shows another in its place, is not believed. A mirror that lags behind may lack what its log does not have yet.
 */
import type { Sha256 } from "../digest.ts";
import type { PackageIndex } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import type { PackageName } from "../names.ts";
import type { Version } from "../versions.ts";

export interface SeenRelease {
  version: Version;
  id: Sha256;
  /** Of its log entry; undefined in a lockfile that was written before there were any. */
  index: number | undefined;
}

/**
 * @param index as the registry shows it now; undefined where it shows no such package
 * @param offeredSize entries of the log that it offers now
 * @param newestSize entries of the log at its largest that was seen
 * @throws LoraError VERSION_HIDDEN, VERSION_SWAPPED
 */
export function assertNothingTakenBack(
  name: PackageName,
  index: PackageIndex | undefined,
  seen: readonly SeenRelease[],
  { offeredSize, newestSize }: { offeredSize: number; newestSize: number },
): void {
  for (const { version, id, index: logIndex } of seen) {
    const entry = index?.versions[version];
    if (entry === undefined) {
      const isAhead = logIndex === undefined ? offeredSize < newestSize : logIndex >= offeredSize;
      if (isAhead || isTakenDown(index, version)) continue;
      throw new LoraError(
        "VERSION_HIDDEN",
        `the registry no longer shows ${name} ${version}, which was published${logIndex === undefined ? "" : ` as entry ${logIndex} of its log`}`,
        { details: { name, version, id, logIndex } },
      );
    }
    const differs = entry.id !== id || (logIndex !== undefined && (entry.logIndex ?? logIndex) !== logIndex);
    if (!differs) continue;
    throw new LoraError(
      "VERSION_SWAPPED",
      `the registry shows another release as ${name} ${version} than the one that was published under it`,
      {
        details: { name, version, seen: { id, logIndex }, shown: { id: entry.id, logIndex: entry.logIndex } },
      },
    );
  }
}

/** A takedown is told openly: `lora audit` finds it in the log. */
function isTakenDown(index: PackageIndex | undefined, version: Version): boolean {
  const { takenDown } = (index ?? {}) as { takenDown?: Record<Version, unknown> };
  return takenDown !== undefined && Object.hasOwn(takenDown, version);
}
