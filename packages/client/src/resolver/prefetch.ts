// SPDX-License-Identifier: Apache-2.0
/**
 * Fetching dominates a resolution, so each index file is asked for as soon as the best version of some package names
 * it, long before the search gets there. What was fetched early never influences what is chosen.
 */
import type { Dependency } from "../manifest/index.ts";
import type { PackageName } from "../names.ts";
import type { Catalog } from "./catalog.ts";
import { unusableReason } from "./package.ts";
import type { Rules } from "./rules.ts";
import { hasVersion, versionsIn } from "./version-set.ts";
import type { VersionTable } from "./version-table.ts";

type Requirements = Readonly<Record<PackageName, Dependency>>;

/** Follows the requirements, and what the best matching versions require in turn, until the catalog is closed. */
export function prefetch(catalog: Catalog, rules: Rules, ...roots: Requirements[]): void {
  const seen = new Set<string>();
  const arrived: [VersionTable, string][] = [];

  const want = (requirements: Requirements) => {
    for (const [key, { range: asked }] of Object.entries(requirements)) {
      const name = key as PackageName;
      const range = rules.override(name) ?? asked;
      if (!rules.isScopeAllowed(name) || seen.has(`${name} ${range}`)) continue;
      seen.add(`${name} ${range}`);
      const table = catalog.peek(name);
      if (table !== undefined) {
        arrived.push([table, range]);
        continue;
      }
      catalog.load(name).then(
        (loaded) => {
          arrived.push([loaded, range]);
          follow();
        },
        // Whoever needs the package meets the same failure when loading it.
        () => {},
      );
    }
  };

  const follow = () => {
    for (let next = arrived.pop(); next !== undefined; next = arrived.pop()) {
      const entry = bestMatch(...next, rules);
      if (entry === undefined) continue;
      want(entry.dependencies);
      want(entry.optionalDependencies);
    }
  };

  for (const root of roots) want(root);
  follow();
}

/** The locked version, else the newest that can be used. */
function bestMatch(table: VersionTable, range: string, rules: Rules) {
  const set = table.setOf(range);
  const locked = rules.lockedVersion(table.name);
  const lockedIndex = locked === undefined ? -1 : table.versions.indexOf(locked);
  const candidates = versionsIn(set).reverse();
  if (lockedIndex >= 0 && hasVersion(set, lockedIndex)) candidates.unshift(lockedIndex);
  const best = candidates.find((index) => {
    const entry = table.entries[index];
    return entry !== undefined && unusableReason(entry, index === lockedIndex, rules) === undefined;
  });
  return best === undefined ? undefined : table.entries[best];
}
