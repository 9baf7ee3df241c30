// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LoraError } from "../../packages/client/src/errors.ts";
import type { PackageName } from "../../packages/client/src/names.ts";
import type {
  PackageSource,
  Resolution,
  ResolveOptions,
  ResolveRequest,
} from "../../packages/client/src/resolver/index.ts";
import { resolve } from "../../packages/client/src/resolver/index.ts";
import type { Version } from "../../packages/client/src/versions.ts";
import { faultsOf } from "../support/naive-checker.ts";
import { build, type Case, randomCase } from "../support/random-universe.ts";
import { entries, isAsked, versionsOf } from "../support/resolver-rules.ts";
import { createOracle, type Oracle } from "../support/sat-oracle.ts";
import { randomFrom, shuffledSource, withShuffledKeys } from "../support/shuffled.ts";
import { chosenVersions, on, QWEN, requestOf, type Universe } from "../support/universe.ts";

/** Anything else than an answer or a LoraError ends the test. */
async function attempt(
  request: ResolveRequest,
  source: PackageSource,
  options: ResolveOptions = { hints: false },
): Promise<Resolution | LoraError> {
  try {
    return await resolve(request, source, options);
  } catch (error) {
    if (error instanceof LoraError) return error;
    throw error;
  }
}

/** Everything that a caller can tell apart, as bytes. */
function bytesOf(outcome: Resolution | LoraError): string {
  if (outcome instanceof LoraError) return JSON.stringify(outcome);
  const packages = outcome.packages.map(({ name, version, adapter, scale, dependencies }) => {
    return { name, version, adapter: adapter?.sha256, scale, dependencies };
  });
  return JSON.stringify({ ...outcome, packages });
}

describe("2,000 random universes", () => {
  test("are solved exactly when MiniSat says so, by the rules, and the same in any order", {
    timeout: 300_000,
  }, async () => {
    let solved = 0;
    await fc.assert(
      fc.asyncProperty(randomCase, fc.nat(), async (random, seed) => {
        const universe = build(random);
        const request = requestOf(random.project);
        const outcome = await attempt(request, universe, {});
        const oracle = createOracle(request, universe.indexes);
        expect(!(outcome instanceof LoraError), "there is a solution").toBe(oracle.isSatisfiable());
        if (!(outcome instanceof LoraError)) {
          solved += 1;
          expect(faultsOf(request, universe.indexes, outcome)).toEqual([]);
          if (request.optionalDependencies !== undefined && Object.keys(request.locked ?? {}).length === 0) {
            expectOptionalsTaken(request, universe, outcome, oracle);
          }
        }
        const shuffle = randomFrom(seed);
        const again = await attempt(
          withShuffledKeys(request, shuffle),
          shuffledSource(universe.indexes, shuffle),
          {},
        );
        expect(bytesOf(again)).toBe(bytesOf(outcome));
      }),
      { numRuns: 2000 },
    );
    expect(solved, "both kinds are well represented").toBeGreaterThan(500);
    expect(solved, "both kinds are well represented").toBeLessThan(1500);
  });
});

/** The project's optional dependencies are taken one after the other if that has a solution, a package's if it fits in. */
function expectOptionalsTaken(
  request: ResolveRequest,
  { indexes }: Universe,
  { packages }: Resolution,
  oracle: Oracle,
): void {
  const chosen = packages.map(({ name, version }): [PackageName, Version] => [name, version]);
  const isMet = (name: PackageName, range: string) =>
    chosen.some(([other, version]) => other === name && isAsked(request, indexes, name, version, range));
  const required: [PackageName, string][] = [];
  for (const [name, { range }] of entries(request.optionalDependencies).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const canBe = oracle.isSatisfiable({ required: [...required, [name, range]] });
    expect(isMet(name, range), `the project's optional ${name} ${range}`).toBe(canBe);
    if (canBe) required.push([name, range]);
  }
  for (const { name: dependent, entry } of packages) {
    for (const [name, { range }] of entries(entry.optionalDependencies)) {
      if (name === dependent || isMet(name, range)) continue;
      const canBe = oracle.isSatisfiable({ required: [[name, range]], chosen });
      expect(canBe, `the optional ${name} ${range} of ${dependent} would fit in`).toBe(false);
    }
  }
}

const RUNS = { numRuns: 1000 };
const timeout = 120_000;

test("an answer, once locked, is the answer again", { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(randomCase, async (random) => {
      const universe = build(random);
      const request = requestOf(random.project);
      const first = await attempt(request, universe);
      if (first instanceof LoraError) return;
      const again = await attempt({ ...request, locked: lockOf(first) }, universe);
      expect(again instanceof LoraError ? again : chosenVersions(again)).toEqual(chosenVersions(first));
    }),
    RUNS,
  );
});

test("what is published later does not move what is locked", { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(randomCase, fc.constantFrom("3.0.0", "2.1.0", "1.0.0"), async (tagged, late) => {
      // Dist-tags move, and what follows them moves too.
      const random = JSON.parse(JSON.stringify(tagged).replace(/"(latest|beta)"/g, '"*"')) as Case;
      const request = requestOf(random.project);
      const first = await attempt(request, build(without(random, late)));
      if (first instanceof LoraError) return;
      const again = await attempt({ ...request, locked: lockOf(first) }, build(random));
      expect(again instanceof LoraError ? again : chosenVersions(again)).toMatchObject(chosenVersions(first));
    }),
    RUNS,
  );
});

test("a version that cannot be chosen never changes the answer", { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(randomCase, fc.constantFrom("1.0.5", "2.0.5", "4.0.0"), async (random, version) => {
      const plain = build(random);
      const request = requestOf(random.project);
      const added = build(random);
      for (const [name, index] of plain.indexes) {
        const unusable = [{ yanked: "broken" }, { adapters: [on(QWEN, 8)] }][name.length % 2];
        const other = build({
          packages: { [name]: { [version]: { ...unusable, deps: { "@a/p": "^9.0.0" } } } },
        });
        const [[, entry]] = versionsOf(other.indexes, name) as [[Version, never]];
        added.indexes.set(name, { ...index, versions: { ...index.versions, [version]: entry } });
      }
      const [without, withIt] = [await attempt(request, plain), await attempt(request, added)];
      if (without instanceof LoraError) expect(withIt).toBeInstanceOf(LoraError);
      else
        expect(withIt).toMatchObject({
          packages: without.packages,
          stack: without.stack,
          stats: without.stats,
        });
    }),
    RUNS,
  );
});

test("removing a dependency never makes a project unsolvable", { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(randomCase, async (random) => {
      const universe = build(random);
      const request = requestOf(random.project);
      if ((await attempt(request, universe)) instanceof LoraError) return;
      for (const [name] of entries(request.dependencies)) {
        const { [name]: _, ...dependencies } = request.dependencies;
        expect(await attempt({ ...request, dependencies }, universe)).not.toBeInstanceOf(LoraError);
      }
    }),
    RUNS,
  );
});

function lockOf({ packages }: Resolution): Record<PackageName, Version> {
  return Object.fromEntries(packages.map(({ name, version }) => [name, version]));
}

function without({ packages, project }: Case, version: string): Case {
  const fewer = Object.entries(packages).map(([name, versions]) => {
    const { [version]: _, ...kept } = versions;
    return [name, kept] as const;
  });
  return { packages: Object.fromEntries(fewer), project };
}
