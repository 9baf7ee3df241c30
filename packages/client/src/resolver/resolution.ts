// SPDX-License-Identifier: Apache-2.0
/** The answer: what the solver decided, with the adapter, the scale and the place in the stack of each package. */
import type { IndexAdapter, IndexVersion } from "../documents/index.ts";
import type { Dependency } from "../manifest/index.ts";
import type { PackageName } from "../names.ts";
import type { Version } from "../versions.ts";
import { chooseAdapters } from "./choose-adapters.ts";
import type { ResolveRequest } from "./request.ts";
import type { Rules } from "./rules.ts";
import type { SolverStats } from "./solver.ts";
import type { Decisions } from "./stack-limits.ts";
import { stackOrder } from "./stack-order.ts";
import { hasVersion } from "./version-set.ts";
import type { VersionTable } from "./version-table.ts";

export interface ResolvedPackage {
  name: PackageName;
  version: Version;
  entry: IndexVersion;
  /** undefined for a bundle. */
  adapter: IndexAdapter | undefined;
  scale: number;
  /** Of its dependencies and optional dependencies those that the solution has, sorted. */
  dependencies: PackageName[];
}

export interface SkippedOptional {
  /** Who asked; undefined: the project. */
  dependent: PackageName | undefined;
  name: PackageName;
  range: string;
  /** For people, of one line or several. */
  reason: string;
}

/** Dependents ask for different scales and the project names none: the package's own scale was taken. */
export interface ScaleDisagreement {
  name: PackageName;
  asked: { dependent: PackageName; scale: number }[];
  taken: number;
}

export interface Resolution {
  /** Sorted by name. */
  packages: ResolvedPackage[];
  /** The packages that have an adapter, dependencies before dependents. */
  stack: PackageName[];
  skippedOptional: SkippedOptional[];
  scaleDisagreements: ScaleDisagreement[];
  stats: SolverStats;
}

interface Chosen {
  table: VersionTable;
  index: number;
  entry: IndexVersion;
  askers: Asker[];
}

/** What a package is asked for by another one or, `dependent` undefined, by the project. */
interface Asker {
  dependent: PackageName | undefined;
  scale: number | undefined;
}

interface Requirements {
  dependencies: Readonly<Record<PackageName, Dependency>>;
  optionalDependencies?: Readonly<Record<PackageName, Dependency>> | undefined;
}

export function resolutionOf(
  request: ResolveRequest,
  rules: Rules,
  decisions: Decisions,
  stats: SolverStats,
): Omit<Resolution, "skippedOptional"> {
  const chosen = new Map<PackageName, Chosen>();
  for (const [{ table, option }, index] of decisions) {
    if (option !== undefined) continue;
    chosen.set(table.name, { table, index, entry: table.entries[index] as IndexVersion, askers: [] });
  }
  const names = [...chosen.keys()].sort();
  const dependencies = new Map<PackageName, PackageName[]>();
  followEdges(undefined, request, chosen, rules);
  for (const name of names) {
    dependencies.set(name, followEdges(name, (chosen.get(name) as Chosen).entry, chosen, rules).sort());
  }
  const entries = names.map((name) => (chosen.get(name) as Chosen).entry);
  const adapters = chooseAdapters(entries, rules);
  const scaleDisagreements: ScaleDisagreement[] = [];
  const packages = names.map((name, i): ResolvedPackage => {
    const { table, index, entry, askers } = chosen.get(name) as Chosen;
    return {
      name,
      version: table.versions[index] as Version,
      entry,
      adapter: adapters[i],
      scale: scaleOf(name, entry, askers, (disagreement) => scaleDisagreements.push(disagreement)),
      dependencies: dependencies.get(name) ?? [],
    };
  });
  const stack = stackOrder(dependencies).filter((name) => chosen.get(name)?.entry.adapters.length !== 0);
  return { packages, stack, scaleDisagreements, stats };
}

/**
 * Tells each chosen package who asks for it. Optional dependencies count where the chosen version is in their range,
 * whoever brought it in.
 * @returns what is asked for and chosen
 */
function followEdges(
  dependent: PackageName | undefined,
  { dependencies, optionalDependencies = {} }: Requirements,
  chosen: ReadonlyMap<PackageName, Chosen>,
  rules: Rules,
): PackageName[] {
  const met: PackageName[] = [];
  for (const requirements of [dependencies, optionalDependencies]) {
    for (const key in requirements) {
      const on = key as PackageName;
      const { range, scale } = requirements[on] as Dependency;
      const target = chosen.get(on);
      if (target === undefined || met.includes(on)) continue;
      if (!hasVersion(target.table.setOf(rules.override(on) ?? range), target.index)) continue;
      target.askers.push({ dependent, scale });
      met.push(on);
    }
  }
  return met;
}

/** The project's word, else the only scale that dependents ask for, else the package's own, else 1. */
function scaleOf(
  name: PackageName,
  entry: IndexVersion,
  askers: readonly Asker[],
  onDisagreement: (disagreement: ScaleDisagreement) => void,
): number {
  const ofProject = askers.find(({ dependent, scale }) => dependent === undefined && scale !== undefined);
  if (ofProject?.scale !== undefined) return ofProject.scale;
  const asked = askers.flatMap(({ dependent, scale }) =>
    dependent === undefined || scale === undefined ? [] : [{ dependent, scale }],
  );
  const own = entry.scale ?? 1;
  const [first, ...others] = asked;
  if (first === undefined) return own;
  if (others.every(({ scale }) => scale === first.scale)) return first.scale;
  onDisagreement({ name, asked, taken: own });
  return own;
}
