// SPDX-License-Identifier: Apache-2.0
/**
 * Fetching dominates a resolution, so each index file is asked for as soon as the best version of some package names
 * it, long before the search gets there. What was fetched early never influences what is chosen.
 */
import type { IndexVersion } from "../documents/index.ts";
import type { Dependency } from "../manifest/index.ts";
import type { PackageName } from "../names.ts";
import type { Catalog } from "./catalog.ts";
import { unusableReason } from "./package.ts";
import type { Rules } from "./rules.ts";
import { hasVersion } from "./version-set.ts";
import type { VersionTable } from "./version-table.ts";

type Requirements = Readonly<Record<PackageName, Dependency>>;

/** Follows the requirements, and what the best matching versions require in turn, until the catalog is closed. */
export function prefetch(catalog: Catalog, rules: Rules, ...roots: Requirements[]): void {
  /** Every range that somebody asked of a package; `undone` are those whose best match is still to be followed. */
  const wanted = new Map<PackageName, { seen: string[]; undone: string[] }>();
  const arrived: VersionTable[] = [];

  const want = (name: PackageName, range: string) => {
    const known = wanted.get(name);
    if (known?.seen.includes(range) || !rules.isScopeAllowed(name)) return;
    if (known !== undefined) {
      known.seen.push(range);
      known.undone.push(range);
      const table = catalog.peek(name);
      if (table !== undefined) arrived.push(table);
      return;
    }
    wanted.set(name, { seen: [range], undone: [range] });
    catalog.load(name, true).then(
      (table) => {
        arrived.push(table);
        follow();
      },
      // Whoever needs the package meets the same failure when loading it.
      () => {},
    );
  };

  const wantAll = (requirements: Requirements) => {
    for (const key in requirements) {
      const name = key as PackageName;
      const asked = requirements[name];
      if (asked !== undefined) want(name, rules.override(name) ?? asked.range);
    }
  };

  const follow = () => {
    for (let table = arrived.pop(); table !== undefined; table = arrived.pop()) {
      for (const range of wanted.get(table.name)?.undone.splice(0) ?? []) {
        const entry = bestMatch(table, range, rules);
        if (entry === undefined) continue;
        wantAll(entry.dependencies);
        wantAll(entry.optionalDependencies);
      }
    }
  };

  for (const root of roots) wantAll(root);
  follow();
}

/** The locked version, else the newest that can be used. */
function bestMatch(table: VersionTable, range: string, rules: Rules): IndexVersion | undefined {
  const set = table.setOf(range);
  const locked = rules.lockedVersion(table.name);
  const lockedIndex = locked === undefined ? -1 : table.versions.indexOf(locked);
  const usable = (index: number) => {
    const entry = table.entries[index];
    const isIn = entry !== undefined && hasVersion(set, index);
    return isIn && unusableReason(entry, index === lockedIndex, rules) === undefined ? entry : undefined;
  };
  let best = usable(lockedIndex);
  for (let i = table.versions.length - 1; i >= 0 && best === undefined; i -= 1) best = usable(i);
  return best;
}
