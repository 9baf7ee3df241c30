// SPDX-License-Identifier: Apache-2.0
import type { IndexAdapter, IndexVersion } from "../documents/index.ts";
import { fittingAdapters } from "./adapters.ts";
import type { Rules } from "./rules.ts";
import { canFit, costOf, isWithin, sumOf } from "./stack-cost.ts";

interface Choice {
  /** Highest rank first; the first one is what is chosen now. */
  adapters: IndexAdapter[];
  /** Whether the stack cannot do without the first one. */
  isNeeded: boolean;
}

/**
 * One adapter for each version that has any, of the highest rank each. While the stack breaks a limit, the highest rank
 * of all gives way to the next lower one of its version, and at the end whatever still fits is raised again.
 * @param entries versions that fit together with some of their adapters (`stackLimitViolation` found nothing)
 * @returns the adapters in the order of `entries`; undefined for a bundle
 */
export function chooseAdapters(
  entries: readonly IndexVersion[],
  rules: Rules,
): readonly (IndexAdapter | undefined)[] {
  const all = entries.map((entry) => fittingAdapters(entry, rules));
  const choices: Choice[] = all.map((adapters) => ({ adapters, isNeeded: adapters.length < 2 }));
  const chosen = () => choices.flatMap(({ adapters }) => adapters.slice(0, 1));
  const fits = (adapters: readonly IndexAdapter[]) =>
    isWithin(sumOf(adapters.map((adapter) => costOf(adapter, rules))), rules);

  while (!fits(chosen())) {
    const highest = highestOf(choices);
    if (highest === undefined) break;
    const { adapters } = highest;
    highest.adapters = adapters.slice(1);
    const costs = choices.map((choice) => choice.adapters.map((adapter) => costOf(adapter, rules)));
    if (!canFit(costs, rules)) {
      highest.adapters = adapters;
      highest.isNeeded = true;
    } else if (highest.adapters.length < 2) highest.isNeeded = true;
  }

  const result = choices.map(({ adapters }) => adapters[0]);
  const withOther = (i: number, adapter: IndexAdapter) =>
    result.flatMap((one, j) => (i === j ? adapter : (one ?? [])));
  for (let isRaised = true; isRaised; ) {
    isRaised = false;
    all.forEach((adapters, i) => {
      const better = adapters
        .filter(({ rank }) => rank > (result[i]?.rank ?? Infinity))
        .find((adapter) => fits(withOther(i, adapter)));
      if (better === undefined) return;
      result[i] = better;
      isRaised = true;
    });
  }
  return result;
}

/** The last of several of one rank, so that the first by name keeps its own longest. */
function highestOf(choices: readonly Choice[]): Choice | undefined {
  let highest: Choice | undefined;
  for (const choice of choices) {
    if (choice.isNeeded) continue;
    if ((choice.adapters[0]?.rank ?? 0) >= (highest?.adapters[0]?.rank ?? 0)) highest = choice;
  }
  return highest;
}
