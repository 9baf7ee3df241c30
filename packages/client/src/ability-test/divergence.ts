// SPDX-License-Identifier: Apache-2.0
/** How far one distribution of the next token is from another. */
export interface Divergence {
  /** Kullback-Leibler divergence of the ability's from the base's, in nats; 0 for equal ones. */
  klNats: number;
  /** Share of the probability that lies on other tokens than before (total variation), 0 to 1. */
  moved: number;
  /** Whether each number is the same, to the last bit. */
  equal: boolean;
}

/** @param base, ability natural-log probabilities by token */
export function divergenceOf(base: Float32Array, ability: Float32Array): Divergence {
  let kl = 0;
  let moved = 0;
  let equal = base.length === ability.length;
  for (const [token, logP] of ability.entries()) {
    const logQ = base[token] ?? Number.NEGATIVE_INFINITY;
    if (logP !== logQ) equal = false;
    const p = Math.exp(logP);
    // A token that a runtime gives no number for is as good as impossible; an infinite divergence says nothing.
    if (p > 0) kl += p * (logP - Math.max(logQ, -100));
    moved += Math.abs(p - Math.exp(logQ)) / 2;
  }
  return { klNats: equal ? 0 : Math.max(0, kl), moved: equal ? 0 : Math.min(1, moved), equal };
}
