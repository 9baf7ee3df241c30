// SPDX-License-Identifier: Apache-2.0
/** The order in which adapters are stacked: dependencies before dependents, ties by name. */
import type { PackageName } from "../names.ts";

type Edges = ReadonlyMap<PackageName, readonly PackageName[]>;

/**
 * Packages that depend on one another in a circle have no such order: they stand together, by name, behind everything
 * that the circle depends on and before everything that depends on it. Names are compared by code units.
 * @param dependencies of each package, all of them keys themselves
 */
export function stackOrder(dependencies: Edges): PackageName[] {
  const names = [...dependencies.keys()].sort();
  const dependents = reversed(dependencies);
  const circleOf = circles(names, dependencies, dependents);
  const members = new Map<PackageName, PackageName[]>();
  for (const name of names) append(members, circleOf.get(name) as PackageName, name);

  const missing = new Map<PackageName, number>();
  for (const [first, circle] of members) {
    const needs = circle.flatMap((name) => dependencies.get(name) ?? []);
    missing.set(first, needs.filter((need) => circleOf.get(need) !== first).length);
  }
  /** Circles, by their first names, that miss nothing; the last one is next. */
  const ready = [...members.keys()].filter((first) => missing.get(first) === 0).reverse();
  const order: PackageName[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    for (const name of members.get(next) ?? []) {
      order.push(name);
      for (const dependent of dependents.get(name) ?? []) {
        const first = circleOf.get(dependent) as PackageName;
        if (first === next) continue;
        const left = (missing.get(first) ?? 0) - 1;
        missing.set(first, left);
        if (left === 0) insertDescending(ready, first);
      }
    }
  }
  return order;
}

/** The first name of the circle that each package is in, by Kosaraju's two searches; mostly its own name. */
function circles(
  names: readonly PackageName[],
  edges: Edges,
  reversedEdges: Edges,
): Map<PackageName, PackageName> {
  const finished: PackageName[] = [];
  const seen = new Set<PackageName>();
  for (const name of names) visit(name, edges, seen, (done) => finished.push(done));
  const circleOf = new Map<PackageName, PackageName>();
  const placed = new Set<PackageName>();
  for (const start of finished.reverse()) {
    const circle: PackageName[] = [];
    visit(start, reversedEdges, placed, (member) => circle.push(member));
    const first = circle.sort()[0] as PackageName;
    for (const member of circle) circleOf.set(member, first);
  }
  return circleOf;
}

/** Depth first without recursion, because a registry decides how deep a graph is. */
function visit(
  start: PackageName,
  edges: Edges,
  seen: Set<PackageName>,
  onFinished: (name: PackageName) => void,
): void {
  if (seen.has(start)) return;
  seen.add(start);
  const path = [{ name: start, next: 0 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const target = edges.get(top.name)?.[top.next];
    top.next += 1;
    if (target === undefined) {
      onFinished(top.name);
      path.pop();
    } else if (!seen.has(target)) {
      seen.add(target);
      path.push({ name: target, next: 0 });
    }
  }
}

function reversed(edges: Edges): Map<PackageName, PackageName[]> {
  const result = new Map<PackageName, PackageName[]>();
  for (const [name, targets] of edges) for (const target of targets) append(result, target, name);
  return result;
}

function append(lists: Map<PackageName, PackageName[]>, key: PackageName, value: PackageName): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function insertDescending(names: PackageName[], name: PackageName): void {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] as PackageName) > name) low = middle + 1;
    else high = middle;
  }
  names.splice(low, 0, name);
}
