// SPDX-License-Identifier: Apache-2.0
/** Looks for one step that makes a failed resolution work. Every idea is resolved before it is spoken of. */
import type { Dependency } from "../manifest/index.ts";
import { type PackageName, scopeOf } from "../names.ts";
import { isPrerelease, type Version } from "../versions.ts";
import { describeDuration, describeTime } from "./describe.ts";
import { describeRequirement, list } from "./describe-versions.ts";
import type { Fact, RequirementFact } from "./incompatibility.ts";
import { rankIdeas, stackLimitIdeas } from "./limit-ideas.ts";
import { type Premise, versionsOf } from "./proof.ts";
import type { ResolveRequest } from "./request.ts";
import type { Resolution } from "./resolution.ts";

/** A project with one thing changed, and how to tell a person to change it. */
export interface Idea {
  change: Partial<ResolveRequest>;
  /** undefined: the idea works but is not worth telling. */
  tell(solution: Trial): string | undefined;
}

export type Trial = Pick<Resolution, "packages">;

/** Each idea costs a resolution. */
const MAX_TRIALS = 16;

/**
 * @param facts the leaves of the proof
 * @param attempt resolves the changed project; undefined where that fails
 */
export async function findHint(
  request: ResolveRequest,
  facts: readonly Premise[],
  attempt: (changed: ResolveRequest) => Promise<Trial | undefined>,
): Promise<string | undefined> {
  let trials = 0;
  for (const idea of ideas(request, facts)) {
    if (trials >= MAX_TRIALS) return undefined;
    trials += 1;
    const solution = await attempt({ ...request, ...idea.change });
    const hint = solution === undefined ? undefined : idea.tell(solution);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** What costs least first: another version, then a setting, then going against somebody's word, then giving up. */
function* ideas(request: ResolveRequest, facts: readonly Premise[]): Generator<Idea> {
  const requirements = facts.map(({ fact }) => fact).filter(isRequirement);
  const ofProject = requirements.filter(
    ({ dependent, on }) => dependent === undefined && Object.hasOwn(request.dependencies, on.table.name),
  );
  for (const requirement of ofProject) yield* otherVersionIdeas(request, requirement, facts);
  yield* overrideRemovalIdeas(request, requirements);
  yield* waitingIdeas(request, facts);
  yield* rankIdeas(request, facts);
  yield* stackLimitIdeas(request, facts);
  yield* scopeIdeas(request, requirements);
  yield* overrideIdeas(request, requirements);
  if (ofProject.length > 1) for (const { on } of ofProject) yield leavingOutIdea(request, on.table.name);
}

function* otherVersionIdeas(
  request: ResolveRequest,
  { on, isOverridden }: RequirementFact,
  facts: readonly Premise[],
): Generator<Idea> {
  const { name, versions } = on.table;
  if (isOverridden || versions.length === 0) return;
  const asked = request.dependencies[name] as Dependency;
  const newest = versions.at(-1) as Version;
  for (const range of isPrerelease(newest) ? ["*", newest] : ["*"]) {
    if (range === asked.range) continue;
    yield {
      change: { dependencies: { ...request.dependencies, [name]: { ...asked, range } } },
      tell: (solution) => {
        const found = solution.packages.find((pkg) => pkg.name === name);
        if (found === undefined) return undefined;
        return `${whyItWorks(found, solution, facts)}: lora install ${name}@${found.version}`;
      },
    };
  }
}

/** What about this version avoids the fault, where one package is at fault. */
function whyItWorks(
  found: Trial["packages"][number],
  { packages }: Trial,
  facts: readonly Premise[],
): string {
  const subject = `${found.name} ${found.version}`;
  const culprits = new Set(facts.flatMap(({ fact }) => (fact.kind === "baseMismatch" ? [fact.package] : [])));
  const [culprit, ...others] = culprits;
  if (culprit === undefined || others.length > 0) return `${subject} can be installed`;
  const { name } = culprit.table;
  if (name === found.name) {
    return found.adapter === undefined
      ? `${subject} can be installed`
      : `${subject} has an adapter for your model`;
  }
  const now = packages.find((pkg) => pkg.name === name);
  const range = found.entry.dependencies[name]?.range;
  if (range === undefined)
    return now === undefined ? `${subject} does without ${name}` : `${subject} can be installed`;
  if (now?.adapter === undefined) return `${subject} can be installed`;
  return `${subject} depends on ${describeRequirement(culprit, range)}, which has an adapter for your model`;
}

function* overrideRemovalIdeas(
  request: ResolveRequest,
  requirements: readonly RequirementFact[],
): Generator<Idea> {
  for (const name of namesOf(requirements.filter(({ isOverridden }) => isOverridden))) {
    const { [name]: _, ...overrides } = request.overrides ?? {};
    yield { change: { overrides }, tell: () => `remove ${name} from overrides in lora.json` };
  }
}

/** Some versions need no more than time. */
function* waitingIdeas(request: ResolveRequest, facts: readonly Premise[]): Generator<Idea> {
  const minReleaseAge = request.policy?.minReleaseAge ?? 0;
  const young = facts
    .flatMap(({ fact, terms }) => (fact.kind === "tooYoung" ? versionsOf(fact.package, terms) : []))
    .map(({ name, version, entry }) => ({
      name,
      version,
      ready: Date.parse(entry.publishedAt) + minReleaseAge,
    }))
    .sort((a, b) => a.ready - b.ready);
  for (const { name, version, ready } of young) {
    // The time is told in minutes, so it is tried at the minute that is told.
    const now = new Date(Math.ceil(ready / 60_000) * 60_000);
    yield {
      change: { now },
      tell: () =>
        `try again after ${describeTime(now.toISOString())}, when ${name} ${version} is ${describeDuration(minReleaseAge)} old`,
    };
  }
}

function* scopeIdeas(request: ResolveRequest, requirements: readonly RequirementFact[]): Generator<Idea> {
  for (const name of namesOf(requirements.filter(({ kind }) => kind === "forbiddenScope"))) {
    const scope = scopeOf(name);
    const scopes = [...(request.policy?.scopes ?? []), scope];
    yield {
      change: { policy: { ...request.policy, scopes } },
      tell: () => `add ${scope} to policy.scopes in lora.json, if you trust it`,
    };
  }
}

/** Only against what packages ask: the project's own word is its own to change. */
function* overrideIdeas(request: ResolveRequest, requirements: readonly RequirementFact[]): Generator<Idea> {
  const asked = requirements.filter(
    ({ dependent, on, kind, isOverridden }) =>
      dependent !== undefined &&
      dependent !== on &&
      !isOverridden &&
      (kind === "dependency" || kind === "noVersions"),
  );
  for (const name of namesOf(asked)) {
    const askers = namesOfDependents(asked.filter(({ on }) => on.table.name === name));
    yield {
      change: { overrides: { ...request.overrides, [name]: "*" } },
      tell: ({ packages }) => {
        const found = packages.find((pkg) => pkg.name === name);
        if (found === undefined) return undefined;
        const ask = askers.length === 1 ? "asks" : "ask";
        return `to go against what ${list(askers)} ${ask} for, set "overrides": {"${name}": "${found.version}"} in lora.json`;
      },
    };
  }
}

function leavingOutIdea(request: ResolveRequest, name: PackageName): Idea {
  const { [name]: _, ...dependencies } = request.dependencies;
  return { change: { dependencies }, tell: () => `leave out ${name}: the rest can be installed without it` };
}

function isRequirement(fact: Fact): fact is RequirementFact {
  return "dependent" in fact;
}

function namesOf(requirements: readonly RequirementFact[]): PackageName[] {
  return [...new Set(requirements.map(({ on }) => on.table.name))];
}

function namesOfDependents(requirements: readonly RequirementFact[]): string[] {
  return [...new Set(requirements.flatMap(({ dependent }) => dependent?.table.name ?? []))].sort();
}
