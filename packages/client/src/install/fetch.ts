// SPDX-License-Identifier: Apache-2.0
/** All of a lockfile's releases into the store, several at once, each verified. */
import pLimit from "p-limit";
import type { IndexVersion } from "../documents/index.ts";
import { type PackageName, scopeOf } from "../names.ts";
import type { Lockfile } from "../project/index.ts";
import type { ReleaseTrust } from "../trust/index.ts";
import type { InstallDeps } from "./install.ts";
import type { Model } from "./model.ts";
import { fetchAndVerifyRelease } from "./verify-release.ts";

/** @returns bytes that came over the network, and where in the log each release is */
export async function fetchAll(
  deps: InstallDeps,
  lockfile: Lockfile,
  model: Model,
  entries: ReadonlyMap<PackageName, IndexVersion>,
  trust: ReleaseTrust,
): Promise<{ fetchedBytes: number; logIndexes: ReadonlyMap<PackageName, number> }> {
  const logIndexes = new Map<PackageName, number>();
  const packages = Object.entries(lockfile.packages);
  const totalBytes = packages.reduce((sum, [, { adapter }]) => sum + (adapter?.sizeBytes ?? 0), 0);
  let doneBytes = 0;
  let fetchedBytes = 0;
  const advance = (bytes: number) => {
    doneBytes += bytes;
    deps.onProgress?.({ step: "fetch", doneBytes, totalBytes });
  };
  const limit = pLimit(deps.downloads);
  const fetchOne = async ([name, locked]: (typeof packages)[number]) => {
    let ownBytes = 0;
    const onBytes = (bytes: number) => {
      ownBytes += bytes;
      fetchedBytes += bytes;
      advance(bytes);
    };
    const { logIndex } = await fetchAndVerifyRelease(
      { store: deps.store, trust, registry: () => deps.registryFor(scopeOf(name as PackageName)), onBytes },
      name as PackageName,
      locked,
      model,
      entries.get(name as PackageName),
    );
    if (logIndex !== undefined) logIndexes.set(name as PackageName, logIndex);
    // What was in the store already counts as done too.
    advance((locked.adapter?.sizeBytes ?? 0) - ownBytes);
  };
  // Let all of them come to an end before the first failure is reported: nothing goes on behind the caller's back.
  const results = await Promise.allSettled(packages.map((entry) => limit(() => fetchOne(entry))));
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return { fetchedBytes, logIndexes };
}
