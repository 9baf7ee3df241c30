// SPDX-License-Identifier: Apache-2.0
/** An explanation claims facts and that they leave no solution. Both are checked against the universe it speaks of. */
import fc from "fast-check";
import Logic from "logic-solver";
import { expect, test } from "vitest";
import { LoraError } from "../../packages/client/src/errors.ts";
import type { PackageName } from "../../packages/client/src/names.ts";
import type { DerivationStep, DerivationTerm } from "../../packages/client/src/resolver/index.ts";
import { type ResolveRequest, resolve } from "../../packages/client/src/resolver/index.ts";
import { satisfies, type VersionRange } from "../../packages/client/src/versions.ts";
import { build, randomCase } from "../support/random-universe.ts";
import { adaptersHere, type Indexes, isAsked, isConflict, versionsOf } from "../support/resolver-rules.ts";
import { borrowSolver } from "../support/sat-oracle.ts";
import { requestOf } from "../support/universe.ts";

type Fact = DerivationStep["facts"][number];

test("what an explanation says is so, and is enough", { timeout: 120_000 }, async () => {
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(randomCase, async (random) => {
      const universe = build(random);
      const request = requestOf(random.project);
      const error = await resolve(request, universe, { hints: false }).catch((thrown: unknown) => thrown);
      if (!(error instanceof LoraError)) return;
      failures += 1;
      const steps = error.details?.derivation as DerivationStep[];
      for (const fact of steps.flatMap(({ facts }) => facts)) {
        expect(untruths(fact, request, universe.indexes), fact.text).toEqual([]);
      }
      expect(unproven(steps, universe.indexes), error.message).toEqual([]);
      expect(steps.at(-1)?.conclusion).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(failures).toBeGreaterThan(100);
});

test("a hint, followed, leads to a solution", { timeout: 120_000 }, async () => {
  let hints = 0;
  await fc.assert(
    fc.asyncProperty(randomCase, async (random) => {
      const universe = build(random);
      const request = requestOf(random.project);
      const error = await resolve(request, universe).catch((thrown: unknown) => thrown);
      if (!(error instanceof LoraError) || error.hint === undefined) return;
      hints += 1;
      await resolve(followed(error.hint, request), universe);
    }),
    { numRuns: 1000 },
  );
  expect(hints).toBeGreaterThan(100);
});

/** The project after its owner did what the hint says. */
function followed(hint: string, request: ResolveRequest): ResolveRequest {
  const { dependencies, overrides, limits, policy } = request;
  const without = <Value>(record: Readonly<Record<string, Value>> | undefined, name: string) =>
    Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => key !== name));
  const match = (pattern: RegExp) => pattern.exec(hint)?.slice(1) as [string, string] | undefined;

  const installed = match(/lora install (@[^@]+)@(\S+)$/);
  if (installed)
    return { ...request, dependencies: { ...dependencies, [installed[0]]: { range: installed[1] } } };
  const time = match(/^try again after (\S+ \S+) UTC, when /);
  if (time) return { ...request, now: new Date(`${time[0].replace(" ", "T")}:00.000Z`) };
  const limit = match(/^set limits\.(\w+) to (\d+) in lora\.json$/);
  if (limit) return { ...request, limits: { ...limits, [limit[0]]: Number(limit[1]) } };
  const scope = match(/^add (@\S+) to policy\.scopes in lora\.json, if you trust it$/);
  if (scope)
    return { ...request, policy: { ...policy, scopes: [...(policy?.scopes ?? []), scope[0] as never] } };
  const override = match(/ set "overrides": (\{.*\}) in lora\.json$/);
  if (override) return { ...request, overrides: { ...overrides, ...JSON.parse(override[0]) } };
  const removed = match(/^remove (\S+) from overrides in lora\.json$/);
  if (removed) return { ...request, overrides: without(overrides, removed[0]) };
  const left = match(/^leave out (\S+): the rest can be installed without it$/);
  if (left) return { ...request, dependencies: without(dependencies, left[0]) };
  return expect.fail(`no step that is known: ${hint}`);
}

function includes({ versions }: DerivationTerm, version: string): boolean {
  return satisfies(version as never, versions as VersionRange);
}

/** The steps whose conclusion does not follow from their facts and from the earlier steps that they name. */
function unproven(steps: readonly DerivationStep[], indexes: Indexes): DerivationStep[] {
  const { solver, prefix } = borrowSolver();
  const variables = new Map<string, string[]>();
  for (const name of indexes.keys()) {
    const all = versionsOf(indexes, name).map(([version]) => `${prefix}${name}@${version}`);
    variables.set(name, all);
    solver.require(Logic.atMostOne(all));
  }
  const isTrue = (term: DerivationTerm) => {
    const meant = (variables.get(term.package) ?? []).filter((each) =>
      includes(term, each.slice(prefix.length + term.package.length + 1)),
    );
    return term.not ? Logic.not(Logic.or(meant)) : Logic.or(meant);
  };
  const cannotAllBe = (terms: readonly DerivationTerm[]) =>
    Logic.or(terms.map((term) => Logic.not(isTrue(term))));
  const conclusions = new Map(steps.map(({ id, conclusion }) => [id, conclusion]));
  return steps.filter(({ facts, steps: earlier, conclusion }) => {
    const premises = [...facts.map(({ terms }) => terms), ...earlier.map((id) => conclusions.get(id) ?? [])];
    const counterexample = Logic.and(Logic.TRUE, ...premises.map(cannotAllBe), ...conclusion.map(isTrue));
    return solver.solveAssuming(counterexample) !== null;
  });
}

/** The versions for which a fact is not true, or a word about the fact itself. */
function untruths(fact: Fact, request: ResolveRequest, indexes: Indexes): string[] {
  const subject = fact.terms.find((term) => !term.not);
  const entriesOf = (term: DerivationTerm | undefined) =>
    term === undefined
      ? []
      : versionsOf(indexes, term.package as PackageName).filter(([version]) => includes(term, version));
  const wrong = (isTrue: (entry: ReturnType<typeof versionsOf>[number][1], version: string) => boolean) =>
    entriesOf(subject)
      .filter(([version, entry]) => !isTrue(entry, version))
      .map(([version]) => version);
  const on = fact.on as PackageName;
  const range = fact.range as string;
  const matching = () =>
    versionsOf(indexes, on).filter(([version]) => isAsked(request, indexes, on, version, range));
  const isAskedBySubject = () => {
    if (fact.dependent === null) {
      const asked = request.dependencies[on]?.range;
      return asked !== undefined && (request.overrides?.[on] ?? asked) === range ? [] : ["not asked"];
    }
    return wrong((entry) => {
      const asked = entry.dependencies[on]?.range;
      return asked !== undefined && (request.overrides?.[on] ?? asked) === range;
    });
  };
  switch (fact.kind) {
    case "dependency": {
      const required = fact.terms.find((term) => term.not);
      const named = entriesOf(required).map(([version]) => version);
      const isSelf = fact.dependent === on;
      const met = matching().map(([version]) => version);
      if (!isSelf) expect(named).toEqual(met);
      return [
        ...isAskedBySubject(),
        ...(isSelf ? wrong((_, version) => !met.includes(version as never)) : []),
      ];
    }
    case "noVersions":
      return [...isAskedBySubject(), ...matching().map(([version]) => version)];
    case "notFound":
      return [...isAskedBySubject(), ...(indexes.has(on) ? ["it exists"] : [])];
    case "forbiddenScope":
      return [
        ...isAskedBySubject(),
        ...(request.policy?.scopes?.some((s) => on.startsWith(`${s}/`)) ? [on] : []),
      ];
    case "baseMismatch":
      return wrong(
        ({ adapters }) =>
          adapters.length > 0 && adapters.every(({ base }) => base.fingerprint !== request.base.fingerprint),
      );
    case "rankTooHigh":
    case "unsupportedTargets":
      return wrong((entry) => entry.adapters.length > 0 && adaptersHere(request, entry).length === 0);
    case "yanked":
      return wrong(({ yanked }) => yanked !== undefined);
    case "tooYoung":
      return wrong(
        ({ publishedAt }) =>
          (request.now as Date).getTime() - Date.parse(publishedAt) < (request.policy?.minReleaseAge ?? 0),
      );
    case "conflict": {
      const [one, other] = fact.terms as [DerivationTerm, DerivationTerm];
      const conflicts = (from: DerivationTerm, to: DerivationTerm) =>
        entriesOf(from).every(([, entry]) => {
          const asked = entry.conflicts[to.package as PackageName];
          const all = entriesOf(to);
          return (
            asked !== undefined &&
            all.every(([version]) => isConflict(indexes, to.package as PackageName, version, asked))
          );
        });
      return conflicts(one, other) || conflicts(other, one) ? [] : ["no conflict"];
    }
    case "stackLimit": {
      if (fact.of === "maxAdapters") return fact.terms.length > (fact.limit as number) ? [] : ["no excess"];
      const least = fact.terms.map((term) => {
        const usable = entriesOf(term).filter(([, entry]) => adaptersHere(request, entry).length > 0);
        const amounts = usable.map(([, entry]) =>
          Math.min(
            ...adaptersHere(request, entry).map((a) => (fact.of === "maxRankSum" ? a.rank : a.sizeBytes)),
          ),
        );
        return Math.min(...amounts);
      });
      if (fact.text.includes(" both ")) return [];
      return least.reduce((sum, amount) => sum + amount, 0) > (fact.limit as number) ? [] : ["no excess"];
    }
    default:
      return [`unexpected ${fact.kind}`];
  }
}
