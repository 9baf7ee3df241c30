// SPDX-License-Identifier: Apache-2.0
/** What adapters take of the limits that bound the stack's sums: ranks, bytes. */
import type { IndexAdapter } from "../documents/index.ts";
import type { Rules } from "./rules.ts";

/** 0 in what no limit bounds. */
export interface Cost {
  readonly rank: number;
  readonly bytes: number;
}

export function costOf(adapter: IndexAdapter, { limits }: Rules): Cost {
  return {
    rank: limits.maxRankSum === undefined ? 0 : adapter.rank,
    bytes: limits.maxBytes === undefined ? 0 : adapter.sizeBytes,
  };
}

export function isWithin({ rank, bytes }: Cost, { limits }: Rules): boolean {
  return rank <= (limits.maxRankSum?.value ?? 0) && bytes <= (limits.maxBytes?.value ?? 0);
}

export function sumOf(costs: readonly Cost[]): Cost {
  return costs.reduce((sum, { rank, bytes }) => ({ rank: sum.rank + rank, bytes: sum.bytes + bytes }), {
    rank: 0,
    bytes: 0,
  });
}

/** Those that no other one undercuts in both, lowest rank first. One is left unless a lower rank has the larger file. */
export function cheapest(costs: readonly Cost[]): Cost[] {
  const sorted = [...costs].sort((a, b) => a.rank - b.rank || a.bytes - b.bytes);
  const result: Cost[] = [];
  for (const cost of sorted) if (cost.bytes < (result.at(-1)?.bytes ?? Infinity)) result.push(cost);
  return result;
}

/**
 * Whether one cost of each list can be picked so that the sums hold the limits. Exact: keeps the cheapest partial sums,
 * of which there are at most as many as there are rank sums within the limit.
 */
export function canFit(lists: readonly (readonly Cost[])[], rules: Rules): boolean {
  let sums: Cost[] = [{ rank: 0, bytes: 0 }];
  for (const list of lists) {
    const choices = cheapest(list);
    if (choices.length === 0) continue;
    sums = cheapest(sums.flatMap((sum) => choices.map((choice) => sumOf([sum, choice])))).filter((sum) =>
      isWithin(sum, rules),
    );
  }
  return sums.length > 0;
}
