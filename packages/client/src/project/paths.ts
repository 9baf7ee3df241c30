// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "../names.ts";
import type { Lockfile } from "./lockfile.ts";

/** One step of a path: who is depended on, and by which range. */
export interface PathStep {
  name: PackageName;
  range: string;
}

/** Above it a graph has more ways than anybody reads. */
export const MAX_PATHS = 100;

/** Each way from the project to a package, the first step a dependency of the project; without repeating a package. */
export function pathsTo(lockfile: Lockfile, target: PackageName): PathStep[][] {
  const paths: PathStep[][] = [];
  const follow = (path: PathStep[], seen: ReadonlySet<PackageName>) => {
    const last = path.at(-1);
    if (last === undefined || paths.length >= MAX_PATHS) return;
    if (last.name === target) {
      paths.push(path);
      return;
    }
    for (const [key, range] of Object.entries(lockfile.packages[last.name]?.dependencies ?? {})) {
      const name = key as PackageName;
      if (!seen.has(name)) follow([...path, { name, range }], new Set([...seen, name]));
    }
  };
  const asked = { ...lockfile.requested.optionalDependencies, ...lockfile.requested.dependencies };
  for (const [key, { range }] of Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = key as PackageName;
    if (lockfile.packages[name] !== undefined) follow([{ name, range }], new Set([name]));
  }
  return paths;
}
