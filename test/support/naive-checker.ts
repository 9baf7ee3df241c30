// SPDX-License-Identifier: Apache-2.0
/** Checks an answer of the resolver rule by rule, with no idea of how it was found. */
import type { PackageName } from "../../packages/client/src/names.ts";
import type { Resolution, ResolveRequest } from "../../packages/client/src/resolver/index.ts";
import type { Version } from "../../packages/client/src/versions.ts";
import {
  adaptersHere,
  entries,
  faultsOfVersion,
  type Indexes,
  isAsked,
  isConflict,
  stackLimitsOf,
} from "./resolver-rules.ts";

/** @returns what is wrong with the answer, in words; empty when nothing is */
export function faultsOf(request: ResolveRequest, indexes: Indexes, resolution: Resolution): string[] {
  const faults: string[] = [];
  const chosen = new Map(resolution.packages.map((pkg) => [pkg.name, pkg]));
  const meets = (name: PackageName, range: string) => {
    const pkg = chosen.get(name);
    return pkg !== undefined && isAsked(request, indexes, name, pkg.version, range);
  };

  for (const [name, { range }] of entries(request.dependencies)) {
    if (!meets(name, range)) faults.push(`the project's ${name} ${range} is not met`);
  }
  for (const { name, version, entry, adapter, dependencies } of resolution.packages) {
    if (indexes.get(name)?.versions[version] !== entry) faults.push(`${name} ${version} is not published`);
    for (const fault of faultsOfVersion(request, name, version, entry)) {
      faults.push(`${name} ${version} breaks the rule of ${fault}`);
    }
    const mayBe = adaptersHere(request, entry);
    if (adapter === undefined ? entry.adapters.length > 0 : !mayBe.includes(adapter)) {
      faults.push(`${name} ${version} has the wrong adapter`);
    }
    for (const [on, { range }] of entries(entry.dependencies)) {
      if (!meets(on, range)) faults.push(`${on} ${range} of ${name} ${version} is not met`);
    }
    for (const [other, range] of entries(entry.conflicts)) {
      const there = chosen.get(other);
      if (other !== name && there && isConflict(indexes, other, there.version, range)) {
        faults.push(`${name} ${version} conflicts with ${other} ${there.version}`);
      }
    }
    const wanted = [...entries(entry.dependencies), ...entries(entry.optionalDependencies)]
      .filter(([on, { range }]) => meets(on, range))
      .map(([on]) => on);
    if ([...new Set(wanted)].sort().join() !== dependencies.join()) {
      faults.push(`${name} lists the wrong dependencies`);
    }
  }
  faults.push(...limitFaults(request, resolution), ...extraFaults(request, indexes, resolution));
  faults.push(...orderFaults(resolution), ...optionalFaults(request, indexes, resolution));
  return faults;
}

function limitFaults(request: ResolveRequest, { packages }: Resolution): string[] {
  const limits = stackLimitsOf(request);
  const breaks = (adapters: readonly { rank: number; sizeBytes: number }[]) =>
    adapters.length > limits.adapters ||
    adapters.reduce((sum, { rank }) => sum + rank, 0) > limits.rankSum ||
    adapters.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > limits.bytes;
  const stacked = packages.flatMap(({ adapter }) => adapter ?? []);
  if (breaks(stacked)) return ["the stack breaks a limit"];
  return packages.flatMap(({ name, entry, adapter }) =>
    adaptersHere(request, entry)
      .filter(({ rank }) => adapter !== undefined && rank > adapter.rank)
      .filter((better) => !breaks(stacked.map((one) => (one === adapter ? better : one))))
      .map(({ rank }) => `${name} could have rank ${rank}`),
  );
}

/** Every package is there because the project, or one that is there for a reason, asks for it. */
function extraFaults(request: ResolveRequest, indexes: Indexes, { packages }: Resolution): string[] {
  const chosen = new Map(packages.map((pkg) => [pkg.name, pkg]));
  const reached = new Set<PackageName>();
  const open = [request as Pick<ResolveRequest, "dependencies" | "optionalDependencies">];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, { range }] of [...entries(next.dependencies), ...entries(next.optionalDependencies)]) {
      const pkg = chosen.get(name);
      if (!pkg || reached.has(name) || !isAsked(request, indexes, name, pkg.version, range)) continue;
      reached.add(name);
      open.push(pkg.entry);
    }
  }
  return packages.filter(({ name }) => !reached.has(name)).map(({ name }) => `nothing asks for ${name}`);
}

function orderFaults({ packages, stack }: Resolution): string[] {
  const faults: string[] = [];
  const names = packages.map(({ name }) => name);
  if ([...names].sort().join() !== names.join()) faults.push("packages are not sorted");
  const withAdapter = packages.filter(({ adapter }) => adapter).map(({ name }) => name);
  if ([...stack].sort().join() !== withAdapter.join()) faults.push("the stack is not what has adapters");
  const edges = new Map(packages.map(({ name, dependencies }) => [name, dependencies]));
  const needs = (from: PackageName, to: PackageName, seen = new Set<PackageName>()): boolean =>
    (edges.get(from) ?? []).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return needs(next, to, seen);
    });
  stack.forEach((name, place) => {
    for (const earlier of stack.slice(0, place)) {
      if (needs(earlier, name) && !needs(name, earlier)) faults.push(`${earlier} stands before ${name}`);
    }
  });
  return faults;
}

/** Each optional dependency of what was chosen is either met or said to be skipped. */
function optionalFaults(request: ResolveRequest, indexes: Indexes, resolution: Resolution): string[] {
  const said = new Set(resolution.skippedOptional.map(({ dependent, name }) => `${dependent} ${name}`));
  const version = new Map<PackageName, Version>(resolution.packages.map((pkg) => [pkg.name, pkg.version]));
  const owners = [
    { dependent: undefined as PackageName | undefined, optional: request.optionalDependencies },
    ...resolution.packages.map((pkg) => ({ dependent: pkg.name, optional: pkg.entry.optionalDependencies })),
  ];
  return owners.flatMap(({ dependent, optional }) =>
    entries(optional).flatMap(([name, { range }]) => {
      if (name === dependent) return [];
      const there = version.get(name);
      const isMet = there !== undefined && isAsked(request, indexes, name, there, range);
      return isMet === said.has(`${dependent} ${name}`)
        ? [
            `${dependent ?? "the project"}'s optional ${name}: ${isMet ? "met, and called skipped" : "not said"}`,
          ]
        : [];
    }),
  );
}
