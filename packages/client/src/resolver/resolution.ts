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
}

/** What is asked of a package by the project (`dependent` undefined) or by another package. */
interface Edge {
  dependent: PackageName | undefined;
  on: PackageName;
  scale: number | undefined;
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
    chosen.set(table.name, { table, index, entry: table.entries[index] as IndexVersion });
  }
  const names = [...chosen.keys()].sort();
  const edges = [
    ...metEdges(undefined, request, chosen, rules),
    ...names.flatMap((name) => metEdges(name, (chosen.get(name) as Chosen).entry, chosen, rules)),
  ];
  const dependencies = new Map<PackageName, Set<PackageName>>(names.map((name) => [name, new Set()]));
  const askers = new Map<PackageName, Edge[]>(names.map((name) => [name, []]));
  for (const edge of edges) {
    if (edge.dependent !== undefined) dependencies.get(edge.dependent)?.add(edge.on);
    askers.get(edge.on)?.push(edge);
  }
  const adapters = chooseAdapters(
    names.map((name) => (chosen.get(name) as Chosen).entry),
    rules,
  );
  const scaleDisagreements: ScaleDisagreement[] = [];
  const packages = names.map((name, i): ResolvedPackage => {
    const { table, index, entry } = chosen.get(name) as Chosen;
    return {
      name,
      version: table.versions[index] as Version,
      entry,
      adapter: adapters[i],
      scale: scaleOf(name, entry, askers.get(name) ?? [], (d) => scaleDisagreements.push(d)),
      dependencies: [...(dependencies.get(name) ?? [])].sort(),
    };
  });
  const order = stackOrder(new Map(packages.map((pkg) => [pkg.name, pkg.dependencies])));
  const stacked = new Set(packages.filter(({ adapter }) => adapter !== undefined).map(({ name }) => name));
  return { packages, stack: order.filter((name) => stacked.has(name)), scaleDisagreements, stats };
}

/** Optional dependencies count where the chosen version is in their range, whoever brought it in. */
function metEdges(
  dependent: PackageName | undefined,
  requirements: {
    dependencies: Readonly<Record<PackageName, Dependency>>;
    optionalDependencies?: Readonly<Record<PackageName, Dependency>> | undefined;
  },
  chosen: ReadonlyMap<PackageName, Chosen>,
  rules: Rules,
): Edge[] {
  const { dependencies, optionalDependencies = {} } = requirements;
  return [...Object.entries(dependencies), ...Object.entries(optionalDependencies)].flatMap(
    ([name, { range, scale }]) => {
      const on = name as PackageName;
      const target = chosen.get(on);
      const isMet =
        target !== undefined && hasVersion(target.table.setOf(rules.override(on) ?? range), target.index);
      return isMet ? [{ dependent, on, scale }] : [];
    },
  );
}

/** The project's word, else the only scale that dependents ask for, else the package's own, else 1. */
function scaleOf(
  name: PackageName,
  entry: IndexVersion,
  askers: readonly Edge[],
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
