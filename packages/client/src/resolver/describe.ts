// SPDX-License-Identifier: Apache-2.0
/** Facts and conclusions as clauses of a sentence. Names of bases and reasons of yanks come from strangers. */
import type { IndexVersion } from "../documents/index.ts";
import { type Fingerprint, formatFingerprint } from "../fingerprint/index.ts";
import { isDistTag } from "../manifest/index.ts";
import { newestVersion, satisfies, type VersionRange } from "../versions.ts";
import { adaptersForBase, adaptersOnSupportedTargets } from "./adapters.ts";
import {
  describeAll,
  describeRequired,
  describeRequirement,
  describeVersions,
  list,
  type Phrase,
} from "./describe-versions.ts";
import type { Fact, RequirementFact, StackLimitFact, UnusableFact } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { Limit, Rules } from "./rules.ts";
import type { Term } from "./term.ts";
import { allowsAbsence, difference, type VersionSet, versionsIn } from "./version-set.ts";

const MAX_LISTED_BASES = 3;

/**
 * "@acme/analyst 1.4.0 depends on @acme/sql ^2.0.0".
 * @param terms the fact's own, or narrower ones where only those matter
 * @param isModelKnown whether the text has named the project's model already
 */
export function describeFact(fact: Fact, terms: readonly Term[], rules: Rules, isModelKnown = false): string {
  switch (fact.kind) {
    case "dependency":
    case "noVersions":
    case "notFound":
    case "forbiddenScope":
      return describeRequirementFact(fact, terms, rules);
    case "conflict": {
      const subject = phraseOf(fact.package, terms);
      return `${subject.text} ${verb(subject, "conflicts", "conflict")} with ${describeRequirement(fact.other, fact.range)}`;
    }
    case "option":
      return `${fact.option.option?.dependent?.table.name ?? "your project"} may have ${fact.option.table.name}`;
    case "stackLimit":
      return describeStackLimit(fact, terms);
    default:
      return describeUnusable(fact, terms, rules, isModelKnown);
  }
}

/** "@acme/analyst 1.4.0 cannot be installed here". */
export function describeConclusion(terms: readonly Term[]): string {
  const chosen = terms.filter(({ set }) => !allowsAbsence(set));
  const required = terms
    .filter(({ set }) => allowsAbsence(set))
    .map(({ package: pkg, set }) => describeRequired(pkg, difference(pkg.table.full, set)));
  const [first, ...others] = chosen;
  if (first === undefined) {
    return required.length === 0 ? "there is no solution" : `your project needs ${list(required, "or")}`;
  }
  if (required.length > 0) {
    const subjects = chosen.map((term) => phraseOfTerm(term).text);
    const verbOfAll = verb(phraseOfTerm(first), "needs", "need");
    return others.length === 0
      ? `${subjects[0]} ${verbOfAll} ${list(required, "or")}`
      : `${list(subjects)} together need ${list(required, "or")}`;
  }
  if (others.length > 0)
    return `${list(chosen.map((term) => phraseOfTerm(term).text))} cannot be installed together`;
  const all = first.package.option === undefined ? describeAll(first.package, first.set) : undefined;
  if (all !== undefined) return `no ${all} of ${first.package.table.name} can be installed here`;
  return `${phraseOfTerm(first).text} cannot be installed here`;
}

function describeRequirementFact(fact: RequirementFact, terms: readonly Term[], rules: Rules): string {
  const { dependent, on, range, isOverridden } = fact;
  const { name } = on.table;
  const subject = subjectOf(dependent, terms);
  const asked = isOverridden
    ? `${name}, which your project overrides to ${range === "*" ? "any version" : range}`
    : describeRequirement(on, range);
  const claim = `${subject.text} ${verb(subject, "depends", "depend")} on ${asked}`;
  switch (fact.kind) {
    case "dependency":
      return dependent === on ? `${claim}, which it is not` : claim;
    case "notFound":
      return `${claim}, and there is no package ${name}`;
    case "forbiddenScope": {
      const scopes = list(rules.scopes ?? []) || "no scope";
      return `${claim}, and your project's policy.scopes allows only ${scopes}`;
    }
    case "noVersions": {
      if (isDistTag(range)) {
        const tags = list(Object.keys(on.table.distTags).sort()) || "none";
        return `${claim}, and that is none of its dist-tags (${tags})`;
      }
      const gone = on.table.takenDown.find(({ version }) => satisfies(version, range as VersionRange));
      if (gone !== undefined) {
        const reason = gone.reason === undefined ? "" : ` (${printable(gone.reason)})`;
        return `${claim}, and its registry took ${gone.version} down${reason}`;
      }
      const newest = newestVersion(on.table.versions);
      const have = newest === undefined ? "it has no versions" : `the newest is ${newest}`;
      return `${claim}, and no version matches that (${have})`;
    }
  }
}

/** Several requirements of the project in one clause. */
export function describeProjectRequirements(facts: readonly RequirementFact[]): string {
  const requirements = facts.map(({ on, range }) => describeRequirement(on, range));
  return `your project depends on ${list(requirements.sort())}`;
}

function describeUnusable(
  fact: UnusableFact,
  terms: readonly Term[],
  rules: Rules,
  isModelKnown: boolean,
): string {
  const { package: pkg } = fact;
  const subject = phraseOf(pkg, terms);
  const entries = versionsIn(setOf(pkg, terms)).map((index) => pkg.table.entries[index] as IndexVersion);
  const has = verb(subject, "has", "have");
  const was = verb(subject, "was", "were");
  switch (fact.kind) {
    case "baseMismatch": {
      const { name, fingerprint } = rules.base;
      const claim = `${subject.text} ${has} adapters only for ${describeBases(entries)}`;
      return isModelKnown ? claim : `${claim}, and your model is ${describeBase(name, fingerprint)}`;
    }
    case "unsupportedTargets": {
      const targets = entries.flatMap((entry) => adaptersForBase(entry, rules).flatMap((a) => a.targets));
      const refused = [...new Set(targets)].filter((target) => !rules.targets?.has(target)).sort();
      const listed = printable(list(refused));
      return `${subject.text} ${verb(subject, "changes", "change")} ${listed}, which ${rules.runtimeName ?? "the runtime"} does not take from an adapter`;
    }
    case "rankTooHigh": {
      const lowest = entries.map((entry) =>
        Math.min(...adaptersOnSupportedTargets(entry, rules).map(({ rank }) => rank)),
      );
      const [least, most] = [Math.min(...lowest), Math.max(...lowest)];
      const ranks = least === most ? `rank ${least}` : `rank ${least} and higher`;
      return `${subject.text} ${has} adapters for your model only of ${ranks}, and ${describeLimit(rules.limits.maxRank as Limit)}`;
    }
    case "yanked": {
      const [entry] = entries;
      const reason = entries.length === 1 && entry?.yanked ? ` (${printable(entry.yanked)})` : "";
      return `${subject.text} ${was} yanked${reason}`;
    }
    case "tooYoung": {
      const oldest = entries.map(({ publishedAt }) => publishedAt).sort()[0] as string;
      const when =
        entries.length === 1 ? `on ${describeTime(oldest)}` : `on ${describeTime(oldest)} or later`;
      return `${subject.text} ${was} published ${when}, and your project's policy.minReleaseAge is ${describeDuration(rules.minReleaseAge)}`;
    }
  }
}

function describeStackLimit({ limit, secondLimit, parts }: StackLimitFact, terms: readonly Term[]): string {
  if (secondLimit !== undefined) {
    const subjects = list(parts.map((part) => phraseOf(part.package, terms).text));
    return `${subjects} have no adapters that hold both ${boundOf(limit)} and ${boundOf(secondLimit)}`;
  }
  const subjects = parts.map(({ package: pkg, atLeast }) => {
    const phrase = phraseOf(pkg, terms);
    if (limit.kind === "maxAdapters") return phrase.text;
    const amount = limit.kind === "maxRankSum" ? `rank ${atLeast}` : describeBytes(atLeast);
    if (parts.length > 1) return `${phrase.text} (${amount})`;
    return `${phrase.text} ${verb(phrase, "has", "have")} ${amount} at least`;
  });
  const total = parts.reduce((sum, { atLeast }) => sum + atLeast, 0);
  if (limit.kind === "maxAdapters") {
    return `${list(subjects)} are ${total} adapters, and ${describeLimit(limit)}`;
  }
  const sum = limit.kind === "maxRankSum" ? `rank ${total}` : describeBytes(total);
  const claim = parts.length > 1 ? `${list(subjects)} add up to ${sum} at least` : subjects.join();
  return `${claim}, and ${describeLimit(limit)}`;
}

/** "your project's limits.maxRank is 32" */
function describeLimit(limit: Limit): string {
  return `${ownerOf(limit)} is ${amountIn(limit)}`;
}

/** "your project's limits.maxRank (32)" */
function boundOf(limit: Limit): string {
  return `${ownerOf(limit)} (${amountIn(limit)})`;
}

function ownerOf({ kind, runtime }: Limit): string {
  return runtime === undefined ? `your project's limits.${kind}` : `the ${kind} of ${runtime}`;
}

function amountIn({ kind, value }: Limit): string {
  return kind === "maxBytes" ? describeBytes(value) : String(value);
}

/** Every base that the versions have adapters for, each under the name that most of them give it. */
function describeBases(entries: readonly IndexVersion[]): string {
  const names = new Map<Fingerprint, Map<string, number>>();
  for (const { base } of entries.flatMap(({ adapters }) => adapters)) {
    const counts = names.get(base.fingerprint) ?? new Map<string, number>();
    names.set(base.fingerprint, counts.set(base.name, (counts.get(base.name) ?? 0) + 1));
  }
  const bases = [...names].map(([fingerprint, counts]) => {
    const [name] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0] as [string, number];
    return describeBase(name, fingerprint);
  });
  bases.sort();
  const shown = bases.slice(0, MAX_LISTED_BASES);
  const more = bases.length - shown.length;
  return list(more > 0 ? [...shown, `${more} more`] : shown);
}

export function describeBase(name: string, fingerprint: Fingerprint): string {
  return `${printable(name)} (${formatFingerprint(fingerprint)})`;
}

function subjectOf(dependent: Package | undefined, terms: readonly Term[]): Phrase {
  if (dependent === undefined) return { text: "your project", isPlural: false };
  if (dependent.option === undefined) return phraseOf(dependent, terms);
  const { dependent: owner } = dependent.option;
  return { text: `${owner?.table.name ?? "your project"} optionally`, isPlural: false };
}

function phraseOf(pkg: Package, terms: readonly Term[]): Phrase {
  return describeVersions(pkg, setOf(pkg, terms));
}

function phraseOfTerm({ package: pkg, set }: Term): Phrase {
  if (pkg.option === undefined) return describeVersions(pkg, set);
  return { text: `the optional ${describeOption(pkg.option)}`, isPlural: false };
}

function describeOption({ on, range }: { on: string; range: string }): string {
  return range === "*" ? on : `${on} ${range}`;
}

function setOf(pkg: Package, terms: readonly Term[]): VersionSet {
  return (terms.find((term) => term.package === pkg) as Term).set;
}

function verb({ isPlural }: Phrase, singular: string, plural: string): string {
  return isPlural ? plural : singular;
}

/** Text of strangers for a terminal: no control characters, nothing that turns the direction of writing, not endless. */
export function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length > 100 ? `${clean.slice(0, 100)}…` : clean;
}

/** "2026-11-01 10:00 UTC" */
export function describeTime(isoTime: string): string {
  return `${new Date(isoTime).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** As lora.json has it: "3d", "36h", "90m", "45s". */
export function describeDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  for (const [unit, length] of [
    ["d", 86_400],
    ["h", 3_600],
    ["m", 60],
  ] as const) {
    if (seconds >= length && seconds % length === 0) return `${seconds / length}${unit}`;
  }
  return `${seconds}s`;
}

/** Exact, in groups of three digits: a bound that is crossed by one byte must not look as if it were held. */
export function describeBytes(bytes: number): string {
  return `${String(bytes).replace(/\B(?=(\d{3})+$)/g, ",")} bytes`;
}
