// SPDX-License-Identifier: Apache-2.0
/** Ideas for `limits` in lora.json. What the runtime bounds cannot be raised there, and the trial shows it. */
import { adaptersOnSupportedTargets, fittingAdapters } from "./adapters.ts";
import type { Idea } from "./hints.ts";
import { type Premise, versionsOf } from "./proof.ts";
import type { ResolveRequest } from "./request.ts";
import { rulesOf } from "./rules.ts";
import { amountOf, type StackLimitKind } from "./stack-limits.ts";

export function* rankIdeas(request: ResolveRequest, facts: readonly Premise[]): Generator<Idea> {
  const rules = rulesOf(request);
  const ranks = facts.flatMap(({ fact, terms }) =>
    fact.kind !== "rankTooHigh"
      ? []
      : versionsOf(fact.package, terms).flatMap(({ entry }) =>
          adaptersOnSupportedTargets(entry, rules).map(({ rank }) => rank),
        ),
  );
  for (const maxRank of [...new Set(ranks)].sort((a, b) => a - b)) {
    yield {
      change: { limits: { ...request.limits, maxRank } },
      tell: () => `set limits.maxRank to ${maxRank} in lora.json`,
    };
  }
}

/** Without the limit there may be a solution; what that needs at least is then tried as the limit. */
export function* stackLimitIdeas(request: ResolveRequest, facts: readonly Premise[]): Generator<Idea> {
  const rules = rulesOf(request);
  const kinds = facts.flatMap(({ fact }) =>
    fact.kind === "stackLimit" && fact.limit.runtime === undefined ? [fact.limit.kind as StackLimitKind] : [],
  );
  for (const kind of new Set(kinds)) {
    let needed: number | undefined;
    yield {
      change: { limits: { ...request.limits, [kind]: undefined } },
      tell: ({ packages }) => {
        needed = packages
          .map(({ entry }) => fittingAdapters(entry, rules).map((adapter) => amountOf(adapter, kind)))
          .reduce((sum, amounts) => sum + (amounts.length === 0 ? 0 : Math.min(...amounts)), 0);
        return undefined;
      },
    };
    if (needed === undefined) continue;
    yield {
      change: { limits: { ...request.limits, [kind]: needed } },
      tell: () => `set limits.${kind} to ${needed} in lora.json`,
    };
  }
}
