// SPDX-License-Identifier: Apache-2.0
/** A proof that there is no solution, as the error that a person and a program get. */
import type { ErrorCode } from "../errors.ts";
import { describeFact } from "./describe.ts";
import { rangeOf } from "./describe-versions.ts";
import type { Fact } from "./incompatibility.ts";
import type { Premise, Step } from "./proof.ts";
import type { Rules } from "./rules.ts";
import type { Term } from "./term.ts";
import { allowsAbsence, difference, versionsIn } from "./version-set.ts";

/** Steps that `details.derivation` has at most. */
const MAX_STEPS = 1_000;

/** Every step once, what it builds on before it. */
export function stepsOf(proof: Step): Step[] {
  const steps = new Set<Step>();
  const path: { step: Step; next: number }[] = [{ step: proof, next: 0 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const lemma = top.step.lemmas[top.next];
    top.next += 1;
    if (lemma !== undefined && !steps.has(lemma)) path.push({ step: lemma, next: 0 });
    if (lemma !== undefined) continue;
    steps.add(top.step);
    path.pop();
  }
  return [...steps];
}

const SOLE_CAUSES: Partial<Record<Fact["kind"], ErrorCode>> = {
  baseMismatch: "BASE_MISMATCH",
  rankTooHigh: "RANK_TOO_HIGH",
  notFound: "PACKAGE_NOT_FOUND",
  noVersions: "VERSION_NOT_FOUND",
};

/** A code of its own where one kind of fault is the whole reason; requirements that only lead there do not count. */
export function failureCode(steps: readonly Step[]): ErrorCode {
  const kinds = new Set(steps.flatMap(({ facts }) => facts.map(({ fact }) => fact.kind)));
  kinds.delete("dependency");
  const [kind, ...others] = kinds;
  if (kind === undefined || others.length > 0 || steps.some(isContested)) return "NO_SOLUTION";
  return SOLE_CAUSES[kind] ?? "NO_SOLUTION";
}

/** Whether ranges exclude each other: two premises of one step ask for different versions of its package. */
function isContested({ pivot, facts, lemmas }: Step): boolean {
  const all = [...facts.map(({ terms }) => terms), ...lemmas.map(({ conclusion }) => conclusion)];
  const asking = all.filter((terms) =>
    terms.some((term) => term.package === pivot && allowsAbsence(term.set)),
  );
  return asking.length > 1;
}

export interface DerivationStep {
  id: number;
  /** What cannot all be true; empty: there is no solution. */
  conclusion: DerivationTerm[];
  facts: ({ kind: Fact["kind"]; text: string; terms: DerivationTerm[] } & Record<string, unknown>)[];
  /** Ids of earlier steps. */
  steps: number[];
}

/** "One of these versions is chosen", or with `not`: none of them is. `versions` is a semver range. */
export interface DerivationTerm {
  package: string;
  versions: string;
  not?: true;
}

export function failureDetails(steps: readonly Step[], rules: Rules): Record<string, unknown> {
  const ids = new Map(steps.map((step, id) => [step, id]));
  const derivation = steps.slice(-MAX_STEPS).map(
    (step): DerivationStep => ({
      id: ids.get(step) as number,
      conclusion: step.conclusion.map(termDetails),
      facts: step.facts.map((premise) => factDetails(premise, rules)),
      steps: step.lemmas.map((lemma) => ids.get(lemma) as number),
    }),
  );
  const omittedSteps = steps.length - derivation.length;
  return { base: rules.base, derivation, ...(omittedSteps > 0 ? { omittedSteps } : {}) };
}

function factDetails({ fact, terms }: Premise, rules: Rules): DerivationStep["facts"][number] {
  const common = { kind: fact.kind, text: describeFact(fact, terms, rules), terms: terms.map(termDetails) };
  switch (fact.kind) {
    case "dependency":
    case "noVersions":
    case "notFound":
    case "forbiddenScope":
      return {
        ...common,
        dependent: fact.dependent?.table.name ?? null,
        on: fact.on.table.name,
        range: fact.range,
      };
    case "baseMismatch": {
      const entries = versionsIn((terms[0] as Term).set).map((index) => fact.package.table.entries[index]);
      const bases = entries.flatMap(
        (entry) => entry?.adapters.map(({ base: { name, fingerprint } }) => ({ name, fingerprint })) ?? [],
      );
      const has = [...new Map(bases.map((base) => [base.fingerprint, base])).values()];
      return {
        ...common,
        wanted: rules.base,
        has: has.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)),
      };
    }
    case "rankTooHigh":
      return { ...common, limit: rules.limits.maxRank?.value };
    case "stackLimit":
      return { ...common, limit: fact.limit.value, of: fact.limit.kind };
    default:
      return common;
  }
}

function termDetails({ package: pkg, set }: Term): DerivationTerm {
  const { name } = pkg.table;
  if (!allowsAbsence(set)) return { package: name, versions: rangeOf(pkg, set) };
  return { package: name, versions: rangeOf(pkg, difference(pkg.table.full, set)), not: true };
}

/** The leaves of a proof, without repetition. */
export function factsOf(steps: readonly Step[]): Premise[] {
  const seen = new Map<Fact, Premise>();
  for (const { facts } of steps) for (const premise of facts) seen.set(premise.fact, premise);
  return [...seen.values()];
}
