// SPDX-License-Identifier: Apache-2.0
/**
 * A derivation graph made fit to be told: what was concluded about one package in several steps becomes one step, and
 * facts about versions that do not matter to a step are narrowed to those that do.
 */
import type { Derived, Fact, Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { Term } from "./term.ts";
import { allowsAbsence, difference, isEmpty } from "./version-set.ts";

export interface Step {
  readonly conclusion: Incompatibility;
  /** The package whose every state one of the facts and lemmas rules out; undefined for a fact that stands alone. */
  readonly pivot: Package | undefined;
  facts: Premise[];
  lemmas: Step[];
  /** Steps of the whole proof of this, itself included; shared ones count each time. */
  size: number;
}

export interface Premise {
  readonly fact: Fact;
  readonly terms: readonly Term[];
}

interface Node {
  incompatibility: Incompatibility;
  cause: Derived;
  /** How many other nodes use it. */
  uses: number;
}

export function proofOf(root: Incompatibility): Step {
  if (root.cause.kind !== "derived") {
    return {
      conclusion: root,
      pivot: undefined,
      facts: [{ fact: root.cause, terms: root.terms }],
      lemmas: [],
      size: 1,
    };
  }
  const nodes = derivedNodes(root);
  const causes = new Map<Incompatibility, readonly Incompatibility[]>();
  const steps = new Map<Incompatibility, Step>();
  for (const { incompatibility, cause } of nodes.values()) {
    const merged = cause.from.flatMap((one) => {
      const node = nodes.get(one);
      const isSame = node?.uses === 1 && node.cause.pivot === cause.pivot;
      return isSame ? (causes.get(one) as readonly Incompatibility[]) : [one];
    });
    const from = [...new Set(merged)];
    causes.set(incompatibility, from);
    const facts = from.flatMap((one) => narrowed(one, cause.pivot, from));
    const lemmas = from.flatMap((one) => steps.get(one) ?? []);
    steps.set(incompatibility, joinProjectRequirements(incompatibility, cause.pivot, facts, lemmas, nodes));
  }
  return steps.get(root) as Step;
}

/** Every derived incompatibility behind the root, causes before what they cause. Without recursion: proofs are deep. */
function derivedNodes(root: Incompatibility): Map<Incompatibility, Node> {
  const uses = new Map<Incompatibility, number>();
  const ordered = new Map<Incompatibility, Node>();
  const path: { incompatibility: Incompatibility; next: number }[] = [{ incompatibility: root, next: 0 }];
  const seen = new Set([root]);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const { incompatibility } = top;
    const cause = incompatibility.cause as Derived;
    const child = cause.from[top.next];
    top.next += 1;
    if (child === undefined) {
      path.pop();
      ordered.set(incompatibility, { incompatibility, cause, uses: 0 });
    } else if (child.cause.kind === "derived") {
      uses.set(child, (uses.get(child) ?? 0) + 1);
      if (!seen.has(child)) path.push({ incompatibility: child, next: 0 });
      seen.add(child);
    }
  }
  for (const node of ordered.values()) node.uses = uses.get(node.incompatibility) ?? 0;
  return ordered;
}

/** "Every version of a is for another base" matters only for those versions of a that nothing else in the step rules out. */
function narrowed(cause: Incompatibility, pivot: Package, all: readonly Incompatibility[]): Premise[] {
  if (cause.cause.kind === "derived") return [];
  const terms = cause.terms.map((term) => {
    if (term.package !== pivot || allowsAbsence(term.set)) return term;
    const elsewhere = all
      .flatMap((other) => (other === cause ? [] : other.terms))
      .filter((other) => other.package === pivot && allowsAbsence(other.set));
    const matters = elsewhere.reduce((set, other) => difference(set, other.set), term.set);
    return isEmpty(matters) ? term : { package: pivot, set: matters };
  });
  return [{ fact: cause.cause, terms }];
}

/** Two steps in a row that each bring in only what the project itself asks for read better as one. */
function joinProjectRequirements(
  conclusion: Incompatibility,
  pivot: Package,
  facts: Premise[],
  lemmas: Step[],
  nodes: ReadonlyMap<Incompatibility, Node>,
): Step {
  const [lemma, ...others] = lemmas;
  const joins =
    lemma !== undefined &&
    others.length === 0 &&
    lemma.lemmas.length > 0 &&
    nodes.get(lemma.conclusion)?.uses === 1 &&
    [...facts, ...lemma.facts].every(isProjectRequirement);
  const [allFacts, allLemmas] = joins ? [[...lemma.facts, ...facts], lemma.lemmas] : [facts, lemmas];
  const size = allLemmas.reduce((sum, step) => sum + step.size, 1);
  return { conclusion, pivot, facts: allFacts.sort(byOrderInSentence), lemmas: allLemmas, size };
}

export function isProjectRequirement({ fact }: Premise): boolean {
  return fact.kind === "dependency" && fact.dependent === undefined && !fact.isOverridden;
}

/** What cannot be first, who asks for it then, the project last. */
function byOrderInSentence(a: Premise, b: Premise): number {
  return place(a) - place(b);
}

function place({ fact }: Premise): number {
  if (!("dependent" in fact)) return 0;
  return fact.dependent === undefined ? 2 : 1;
}
