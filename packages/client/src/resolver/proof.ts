// SPDX-License-Identifier: Apache-2.0
/**
 * A derivation graph made fit to be told. The search resolves in the order in which it went, which is not the order in
 * which a person would argue; none of the changes here makes the proof prove less.
 */
import type { Derived, Fact, Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import { graphOf, inOrder, type Node } from "./proof-graph.ts";
import type { Term } from "./term.ts";
import { allowsAbsence, difference, isEmpty, isSubset, versionsIn } from "./version-set.ts";

export interface Step {
  /** What cannot all be true; empty: there is no solution. */
  readonly conclusion: readonly Term[];
  /** The package whose every state one of the facts and lemmas rules out; undefined for a fact that stands alone. */
  readonly pivot: Package | undefined;
  readonly facts: readonly Premise[];
  readonly lemmas: readonly Step[];
  /** Steps of the whole proof of this, itself included; shared ones count each time. */
  readonly size: number;
}

export interface Premise {
  readonly fact: Fact;
  readonly terms: readonly Term[];
}

export function proofOf(root: Incompatibility): Step {
  if (root.cause.kind !== "derived") {
    const facts = [{ fact: root.cause, terms: root.terms }];
    return { conclusion: root.terms, pivot: undefined, facts, lemmas: [], size: 1 };
  }
  const graph = graphOf(root as Incompatibility & { cause: Derived });
  const steps = new Map<Node, Step>();
  for (const node of inOrder(graph)) steps.set(node, stepOf(node, steps));
  return steps.get(graph) as Step;
}

function stepOf(node: Node, steps: ReadonlyMap<Node, Step>): Step {
  const facts = node.from.flatMap((premise) => ("from" in premise ? [] : [narrowed(premise, node)]));
  const lemmas = node.from.flatMap((premise) => ("from" in premise ? (steps.get(premise) as Step) : []));
  const onlyNode = node.from.find((premise) => "from" in premise);
  const [lemma] = lemmas;
  // What the project itself asks for, in two steps in a row, reads better as one.
  const joins =
    lemma !== undefined &&
    lemmas.length === 1 &&
    onlyNode?.uses === 1 &&
    facts.every(isProjectRequirement) &&
    lemma.facts.some(isProjectRequirement);
  const allFacts = joins ? [...lemma.facts, ...facts] : facts;
  const allLemmas = joins ? lemma.lemmas : lemmas;
  return {
    conclusion: node.terms,
    pivot: node.pivot,
    facts: allFacts.sort((a, b) => place(a) - place(b)),
    lemmas: allLemmas,
    size: allLemmas.reduce((sum, step) => sum + step.size, 1),
  };
}

/**
 * "Every version of a is for another base" matters only for those versions of a that nothing else in the step rules
 * out, and "every version of b depends on a" only for those versions of b that the conclusion speaks of.
 */
function narrowed(premise: Incompatibility, node: Node): Premise {
  const terms = premise.terms.map((term) => {
    if (allowsAbsence(term.set)) return term;
    if (term.package !== node.pivot) {
      const concluded = node.terms.find((other) => other.package === term.package);
      return concluded && isSubset(concluded.set, term.set) ? concluded : term;
    }
    const elsewhere = node.from
      .flatMap((other) => (other === premise ? [] : other.terms))
      .filter((other) => other.package === node.pivot && allowsAbsence(other.set));
    const matters = elsewhere.reduce((set, other) => difference(set, other.set), term.set);
    return isEmpty(matters) ? term : { package: term.package, set: matters };
  });
  return { fact: premise.cause as Fact, terms };
}

export function isProjectRequirement({ fact }: Premise): boolean {
  return fact.kind === "dependency" && fact.dependent === undefined && !fact.isOverridden;
}

/** What cannot be first, who asks for it then, the project last. */
function place({ fact }: Premise): number {
  if (!("dependent" in fact)) return 0;
  return fact.dependent === undefined ? 2 : 1;
}

/** The versions of a package that a fact is about. */
export function versionsOf(pkg: Package, terms: Premise["terms"]) {
  const { name, versions, entries } = pkg.table;
  return terms
    .filter((term) => term.package === pkg)
    .flatMap(({ set }) => versionsIn(set))
    .flatMap((index) => {
      const [version, entry] = [versions[index], entries[index]];
      return version === undefined || entry === undefined ? [] : [{ name, version, entry }];
    });
}
