// SPDX-License-Identifier: Apache-2.0
/**
 * What was published stays published: an index that lacks a release which this machine or this project has seen, or that
 * shows another in its place, is not believed. A mirror that lags behind may lack what its log does not have yet; what was
 * taken down is gone, if the log says so.
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

export interface SeenLog {
  /** Entries of the log that is offered now. */
  offeredSize: number;
  /** Of the log at its largest that was seen. */
  newestSize: number;
  /** @throws LoraError when the receipt does not prove that the version was taken down */
  proveTakedown(version: Version, claim: { index: number; receipt: string }): Promise<void>;
}

/**
 * @param index as the registry shows it now; undefined where it shows no such package
 * @returns those of the seen releases that were taken down
 * @throws LoraError VERSION_HIDDEN, VERSION_SWAPPED, and as `proveTakedown`
 */
export async function assertNothingTakenBack(
  name: PackageName,
  index: PackageIndex | undefined,
  seen: readonly SeenRelease[],
  log: SeenLog,
): Promise<Version[]> {
  const takenDown: Version[] = [];
  for (const { version, id, index: logIndex } of seen) {
    const entry = index?.versions[version];
    if (entry === undefined) {
      const claim = index?.takenDown?.[version];
      if (claim !== undefined) {
        await log.proveTakedown(version, claim);
        takenDown.push(version);
        continue;
      }
      const isAhead = logIndex === undefined ? log.offeredSize < log.newestSize : logIndex >= log.offeredSize;
      if (isAhead) continue;
      throw new LoraError(
        "VERSION_HIDDEN",
        `the registry no longer shows ${name} ${version}, which was published${logIndex === undefined ? "" : ` as entry ${logIndex} of its log`}`,
        {
          ...(index === undefined
            ? { hint: "if the package is private, log in as somebody who may see it: lora login" }
            : {}),
          details: { name, version, id, logIndex },
        },
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
  return takenDown;
}
