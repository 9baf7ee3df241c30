// SPDX-License-Identifier: Apache-2.0
/** The same question put to MiniSat: an independent opinion on whether there is any solution. */
import Logic from "logic-solver";
import type { PackageName } from "../../packages/client/src/names.ts";
import type { ResolveRequest } from "../../packages/client/src/resolver/index.ts";
import type { Version } from "../../packages/client/src/versions.ts";
import {
  adaptersHere,
  entries,
  faultsOfVersion,
  type Indexes,
  isAsked,
  isConflict,
  stackLimitsOf,
  versionsOf,
} from "./resolver-rules.ts";

export interface Oracle {
  /** Whether the mandatory dependencies can be met together with these requirements and choices. */
  isSatisfiable(also?: { required?: [PackageName, string][]; chosen?: [PackageName, Version][] }): boolean;
}

/** Questions that one MiniSat takes: starting it costs more than all of them. */
const QUESTIONS_PER_SOLVER = 50;
let shared = new Logic.Solver();
let questions = 0;

/**
 * A solver that others use too. What is required of it holds for all, so nothing required may be false without an
 * assumption, and variables begin with the prefix.
 */
export function borrowSolver() {
  questions += 1;
  if (questions % QUESTIONS_PER_SOLVER === 0) shared = new Logic.Solver();
  return { solver: shared, prefix: `${questions}:` };
}

export function createOracle(request: ResolveRequest, indexes: Indexes): Oracle {
  const { solver, prefix } = borrowSolver();
  const variable = (name: PackageName, version: Version) => `${prefix}${name}@${version}`;
  const matching = (name: PackageName, range: string) =>
    versionsOf(indexes, name)
      .filter(([version]) => isAsked(request, indexes, name, version, range))
      .map(([version]) => variable(name, version));
  const adapters: { variable: string; rank: number; sizeBytes: number }[] = [];

  for (const name of reachableNames(request, indexes)) {
    const versions = versionsOf(indexes, name);
    solver.require(Logic.atMostOne(versions.map(([version]) => variable(name, version))));
    for (const [version, entry] of versions) {
      const self = variable(name, version);
      const notSelf = Logic.not(self);
      if (faultsOfVersion(request, name, version, entry).length > 0) {
        solver.require(notSelf);
        continue;
      }
      for (const [on, { range }] of entries(entry.dependencies)) {
        solver.require(Logic.or(notSelf, matching(on, range)));
      }
      for (const [other, range] of entries(entry.conflicts)) {
        if (other === name) continue;
        for (const [otherVersion] of versionsOf(indexes, other)) {
          if (!isConflict(indexes, other, otherVersion, range)) continue;
          solver.require(Logic.or(notSelf, Logic.not(variable(other, otherVersion))));
        }
      }
      const here = adaptersHere(request, entry).map(({ rank, sizeBytes }, i) => ({
        variable: `${self}#${i}`,
        rank,
        sizeBytes,
      }));
      adapters.push(...here);
      if (here.length > 0)
        solver.require(
          Logic.or(
            notSelf,
            here.map((one) => one.variable),
          ),
        );
    }
  }
  const limits = stackLimitsOf(request);
  const bound = (limit: number, weight: (adapter: (typeof adapters)[number]) => number) => {
    if (limit === Infinity || adapters.length === 0) return;
    const sum = Logic.weightedSum(
      adapters.map((one) => one.variable),
      adapters.map(weight),
    );
    solver.require(Logic.lessThanOrEqual(sum, Logic.constantBits(limit)));
  };
  bound(limits.adapters, () => 1);
  bound(limits.rankSum, ({ rank }) => rank);
  bound(limits.bytes, ({ sizeBytes }) => sizeBytes);
  const ofProject = entries(request.dependencies).map(([name, { range }]) => Logic.or(matching(name, range)));

  return {
    isSatisfiable({ required = [], chosen = [] } = {}) {
      const assumptions = [
        ...ofProject,
        ...required.map(([name, range]) => Logic.or(matching(name, range))),
        ...chosen.map(([name, version]) => variable(name, version)),
      ];
      return solver.solveAssuming(Logic.and(Logic.TRUE, ...assumptions)) !== null;
    },
  };
}

function reachableNames(request: ResolveRequest, indexes: Indexes): Set<PackageName> {
  const names = new Set<PackageName>();
  const open = [...entries(request.dependencies), ...entries(request.optionalDependencies)].map(
    ([name]) => name,
  );
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    for (const [, entry] of versionsOf(indexes, name)) {
      open.push(
        ...[...entries(entry.dependencies), ...entries(entry.optionalDependencies)].map(([on]) => on),
      );
    }
  }
  return names;
}
