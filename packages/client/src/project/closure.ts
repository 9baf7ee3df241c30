// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "../names.ts";
import type { Lockfile } from "./lockfile.ts";

/** A package with all that it brings, itself first; of what the lockfile does not have, the name alone. */
export function closureOf(packages: Lockfile["packages"] | undefined, start: PackageName): PackageName[] {
  const seen = new Set([start]);
  for (const name of seen) {
    const locked = packages?.[name];
    for (const dependency of Object.keys(locked?.dependencies ?? {})) seen.add(dependency as PackageName);
  }
  return [...seen];
}
