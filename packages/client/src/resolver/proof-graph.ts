// SPDX-License-Identifier: Apache-2.0
/** The derivation graph with its steps merged and reordered, without recursion: a proof is as deep as the search was. */
import type { Derived, Incompatibility } from "./incompatibility.ts";
import type { Package } from "./package.ts";
import type { Term } from "./term.ts";
import { allowsAbsence } from "./version-set.ts";

/** A fact, or what was concluded before. */
export type NodePremise = Incompatibility | Node;

export interface Node {
  terms: readonly Term[];
  pivot: Package;
  from: readonly NodePremise[];
  /** How many other nodes build on it. */
  uses: number;
}

type DerivedIncompatibility = Incompatibility & { readonly cause: Derived };

/** Reordering takes time with the square of the size, and nobody reads so long a proof. */
const MAX_REORDERED = 2_000;

/** The graph behind a derived incompatibility, in the best order for telling it. */
export function graphOf(root: DerivedIncompatibility): Node {
  const graph = nodesOf(root);
  mergeSteps(graph);
  lowerUnits(graph);
  mergeSteps(graph);
  return graph;
}

/** Every node behind the root, premises before what builds on them, the root last. */
export function inOrder(root: Node): Node[] {
  return postOrder(root, ({ from }) => from.filter((premise) => "from" in premise));
}

function nodesOf(root: DerivedIncompatibility): Node {
  const nodes = new Map<Incompatibility, Node>();
  const derivedPremises = ({ cause }: DerivedIncompatibility) =>
    cause.from.filter((premise) => premise.cause.kind === "derived") as DerivedIncompatibility[];
  for (const incompatibility of postOrder(root, derivedPremises)) {
    const { pivot, from } = incompatibility.cause;
    const premises = from.map((premise) => nodes.get(premise) ?? premise);
    for (const premise of premises) if ("from" in premise) premise.uses += 1;
    nodes.set(incompatibility, { terms: incompatibility.terms, pivot, from: premises, uses: 0 });
  }
  return nodes.get(root) as Node;
}

function postOrder<Item>(root: Item, below: (item: Item) => readonly Item[]): Item[] {
  const order: Item[] = [];
  const seen = new Set([root]);
  const path = [{ item: root, open: [...below(root)].reverse() }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.open.pop();
    if (next === undefined) {
      order.push(top.item);
      path.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      path.push({ item: next, open: [...below(next)].reverse() });
    }
  }
  return order;
}

/** What was concluded about one package in several steps in a row becomes one step with more than two premises. */
function mergeSteps(root: Node): void {
  for (const node of inOrder(root)) {
    const premises = node.from.flatMap((premise) =>
      "from" in premise && premise.uses === 1 && premise.pivot === node.pivot ? premise.from : [premise],
    );
    const distinct = new Set(premises);
    for (const premise of premises) if ("from" in premise) premise.uses -= 1;
    for (const premise of distinct) if ("from" in premise) premise.uses += 1;
    node.from = [...distinct];
  }
}

/**
 * "c cannot be installed" is told where somebody needs c, not after a chain of needs that ends there:
 *
 *     a needs b, b needs c: a needs c. c cannot be: a cannot be.      as the search may have resolved it
 *     c cannot be, b needs c: b cannot be. a needs b: a cannot be.    afterwards
 */
function lowerUnits(root: Node): void {
  const nodes = inOrder(root);
  if (nodes.length > MAX_REORDERED) return;
  for (const node of nodes) while (lowerUnitsOf(node)) {}
}

/** @returns whether there was anything to lower; then there may be more, one need further down the chain */
function lowerUnitsOf(node: Node): boolean {
  const { pivot } = node;
  // Where the conclusion still speaks of the package, the units do not rule out all that the chain asks for.
  if (speaksOf(node, pivot)) return false;
  const units = node.from.filter((premise) => isUnit(premise, pivot));
  const [chain, ...others] = node.from.filter((premise) => !units.includes(premise));
  if (chain === undefined || others.length > 0 || !("from" in chain) || chain.uses > 1) return false;
  const path = pathToSource(chain, pivot);
  const last = path?.at(-1);
  const source = last?.from.find((premise) => speaksOf(premise, pivot));
  if (path === undefined || last === undefined || source === undefined) return false;

  const lowered: Node = { terms: without(source.terms, pivot), pivot, from: [source, ...units], uses: 1 };
  last.from = last.from.map((premise) => (premise === source ? lowered : premise));
  for (const each of path) each.terms = without(each.terms, pivot);
  node.pivot = chain.pivot;
  node.from = chain.from;
  return true;
}

/** From a node through the only premises that speak of the package to the last node whose premise nothing else uses. */
function pathToSource(start: Node, pkg: Package): Node[] | undefined {
  const path: Node[] = [];
  for (let node: Node | undefined = start; node !== undefined; ) {
    path.push(node);
    const sources: NodePremise[] = node.from.filter((premise) => speaksOf(premise, pkg));
    const [source, ...others] = sources;
    if (source === undefined || others.length > 0) return undefined;
    node = "from" in source && source.uses === 1 && source.pivot !== pkg ? source : undefined;
  }
  return path;
}

/** Whether it says nothing but that some versions of the package cannot be chosen. */
function isUnit({ terms }: NodePremise, pkg: Package): boolean {
  const [term, ...others] = terms;
  return others.length === 0 && term?.package === pkg && !allowsAbsence(term.set);
}

function speaksOf({ terms }: NodePremise, pkg: Package): boolean {
  return terms.some((term) => term.package === pkg);
}

function without(terms: readonly Term[], pkg: Package): Term[] {
  return terms.filter((term) => term.package !== pkg);
}
