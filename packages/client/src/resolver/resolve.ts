// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { type Catalog, createCatalog, type PackageSource } from "./catalog.ts";
import { explain } from "./explain.ts";
import { factsOf, failureCode, failureDetails, stepsOf } from "./failure.ts";
import { findHint } from "./hints.ts";
import type { Incompatibility } from "./incompatibility.ts";
import type { Option } from "./option.ts";
import { proofOf } from "./proof.ts";
import { MAX_EFFORT, type ResolveOptions, type ResolveRequest } from "./request.ts";
import { type Resolution, resolutionOf, type SkippedOptional } from "./resolution.ts";
import { type Rules, rulesOf } from "./rules.ts";
import { solve } from "./solver.ts";
import type { Decisions } from "./stack-limits.ts";
import { hasVersion } from "./version-set.ts";

/** A trial of a hint is an extra: it may cost a moment, not another search. */
const MAX_TRIAL_EFFORT = 300_000;

/**
 * Chooses for a project one version of each package that it needs, and of each version the adapter for its model. The
 * same request and the same index files give the same answer, or the same failure with the same text, in whatever order
 * the files arrive.
 * @throws LoraError when there is no solution, its message the whole explanation and `details.derivation` the same for
 *   programs: BASE_MISMATCH, RANK_TOO_HIGH, PACKAGE_NOT_FOUND or VERSION_NOT_FOUND where that alone is the reason,
 *   else NO_SOLUTION; also whatever `source` throws for a package that is needed
 */
export async function resolve(
  request: ResolveRequest,
  source: PackageSource,
  options: ResolveOptions = {},
): Promise<Resolution> {
  const catalog = createCatalog(source);
  try {
    return await resolveWith(request, catalog, options);
  } finally {
    catalog.close();
  }
}

async function resolveWith(
  request: ResolveRequest,
  catalog: Catalog,
  { hints = true, maxEffort = MAX_EFFORT }: ResolveOptions,
): Promise<Resolution> {
  const rules = rulesOf(request);
  const outcome = await solve(request, rules, catalog, maxEffort);
  switch (outcome.kind) {
    case "solved": {
      const resolution = resolutionOf(request, rules, outcome.decisions, outcome.stats);
      const skippedOptional = [...outcome.whySkipped]
        .filter(([{ option }]) => !isMet(option as Option, outcome.decisions))
        .map(([{ option }, cause]) => skippedOptionalOf(option as Option, cause, rules));
      return { ...resolution, skippedOptional };
    }
    case "gaveUp":
      throw new LoraError(
        "NO_SOLUTION",
        `the search was given up after ${outcome.stats.conflicts} conflicts: there may be a solution that it did not reach`,
        { details: { gaveUp: true } },
      );
    case "unsolvable": {
      // The clock stands still while hints are tried.
      const timed = { ...request, now: rules.now };
      throw await failureOf(timed, rules, outcome.proof, hints ? catalog : undefined);
    }
  }
}

async function failureOf(
  request: ResolveRequest,
  rules: Rules,
  root: Incompatibility,
  catalog: Catalog | undefined,
): Promise<LoraError> {
  const steps = stepsOf(proofOf(root));
  const hint = catalog && (await findHint(request, factsOf(steps), (changed) => attempt(changed, catalog)));
  return new LoraError(failureCode(steps), explain(root, rules), {
    ...(hint === undefined ? {} : { hint }),
    details: failureDetails(steps, rules),
  });
}

async function attempt(request: ResolveRequest, catalog: Catalog) {
  const rules = rulesOf(request);
  try {
    const outcome = await solve(request, rules, catalog, MAX_TRIAL_EFFORT);
    return outcome.kind === "solved"
      ? resolutionOf(request, rules, outcome.decisions, outcome.stats)
      : undefined;
  } catch (error) {
    // An index file that cannot be had leaves only this idea untried.
    if (error instanceof LoraError) return undefined;
    throw error;
  }
}

/** What one package leaves out another may have brought in. */
function isMet({ on, range }: Option, decisions: Decisions): boolean {
  for (const [{ table, option }, version] of decisions) {
    if (option === undefined && table.name === on) return hasVersion(table.setOf(range), version);
  }
  return false;
}

function skippedOptionalOf(
  { dependent, on, range }: Option,
  cause: Incompatibility | undefined,
  rules: Rules,
): SkippedOptional {
  return {
    dependent: dependent?.table.name,
    name: on,
    range,
    reason: cause === undefined ? "the lockfile does without it" : explain(cause, rules),
  };
}
