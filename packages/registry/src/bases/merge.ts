// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord } from "@lora/client/fingerprint";

/** The client's schema takes no more; the first ones stay, so that nobody can push them out. */
const MAX_NAMES = 100;
const MAX_BUILDS = 1000;

/**
 * What is known of a base, and what another publisher says of it. Only names and builds are added: the fingerprint
 * settles the trunk, and for the rest the first record stands, so that a later one cannot change what adapters are
 * checked against.
 */
export function mergeBaseRecords(known: BaseRecord, told: BaseRecord): BaseRecord {
  const names = [...new Set([...known.names, ...told.names])].slice(0, MAX_NAMES);
  const builds = new Map([...told.builds, ...known.builds].map((build) => [build.sha256, build]));
  const order = [...new Set([...known.builds, ...told.builds].map((build) => build.sha256))].slice(
    0,
    MAX_BUILDS,
  );
  return { ...known, names, builds: order.flatMap((sha256) => builds.get(sha256) ?? []) };
}
