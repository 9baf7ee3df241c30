// SPDX-License-Identifier: Apache-2.0
/** Which adapter files of a version may run on the project's model. */
import type { IndexAdapter, IndexVersion } from "../documents/index.ts";
import type { Rules } from "./rules.ts";

/** Why none of a version's adapters may run: the first rule that leaves none. */
export type Unfit = "baseMismatch" | "unsupportedTargets" | "rankTooHigh";

/** For the model's base, in the file's order. */
export function adaptersForBase(entry: IndexVersion, rules: Rules): IndexAdapter[] {
  return entry.adapters.filter(({ base }) => base.fingerprint === rules.base.fingerprint);
}

/** For the model's base, on tensors that the runtime takes. */
export function adaptersOnSupportedTargets(entry: IndexVersion, rules: Rules): IndexAdapter[] {
  const { targets } = rules;
  const adapters = adaptersForBase(entry, rules);
  return targets === undefined ? adapters : adapters.filter((a) => a.targets.every((t) => targets.has(t)));
}

/** undefined where an adapter may run, and for a bundle, which needs none. */
export function unfitReason(entry: IndexVersion, rules: Rules): Unfit | undefined {
  if (entry.adapters.length === 0) return undefined;
  const maxRank = rules.limits.maxRank?.value ?? Number.POSITIVE_INFINITY;
  const { fingerprint } = rules.base;
  let reason: Unfit = "baseMismatch";
  for (const adapter of entry.adapters) {
    if (adapter.base.fingerprint !== fingerprint) continue;
    if (rules.targets !== undefined && !adapter.targets.every((t) => rules.targets?.has(t))) {
      if (reason === "baseMismatch") reason = "unsupportedTargets";
    } else if (adapter.rank <= maxRank) return undefined;
    else reason = "rankTooHigh";
  }
  return reason;
}

/** The adapters to choose between, highest rank first; of several of one rank the smallest. */
export function fittingAdapters(entry: IndexVersion, rules: Rules): IndexAdapter[] {
  const maxRank = rules.limits.maxRank?.value ?? Number.POSITIVE_INFINITY;
  return adaptersOnSupportedTargets(entry, rules)
    .filter(({ rank }) => rank <= maxRank)
    .sort((a, b) => b.rank - a.rank || a.sizeBytes - b.sizeBytes || (a.file < b.file ? -1 : 1))
    .filter((adapter, i, all) => adapter.rank !== all[i - 1]?.rank);
}
