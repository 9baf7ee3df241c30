// SPDX-License-Identifier: Apache-2.0
/**
 * A log that shows an old tree forever hides what came later, and every signature on it stays valid. So somebody
 * cosigns the newest checkpoint again and again with the time, at least a clock key of the registry's own; a client
 * that is online asks for cosignatures of today.
 */
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { isQuorum } from "./policy.ts";
import type { VerifiedCheckpoint } from "./verify-checkpoint.ts";

export const DEFAULT_MAX_AGE_SECONDS = 24 * 60 * 60;
/** A cosigner's clock may be ahead of ours by this; more, and its cosignature says nothing about now. */
export const MAX_CLOCK_SKEW_SECONDS = 5 * 60;

/**
 * Fresh is what the quorum of its policy cosigned within `maxAgeSeconds`; under `quorum none`, what any witness of the
 * policy did. A policy without witnesses cannot tell, and nothing is fresh under it.
 * @param nowSeconds POSIX time
 * @throws LoraError LOG_STALE
 */
export function assertFresh(
  { origin, cosignatures, policy }: VerifiedCheckpoint,
  { nowSeconds, maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS }: { nowSeconds: number; maxAgeSeconds?: number },
): void {
  const recent = cosignatures.filter(
    ({ timeSeconds }) =>
      timeSeconds >= nowSeconds - maxAgeSeconds && timeSeconds <= nowSeconds + MAX_CLOCK_SKEW_SECONDS,
  );
  if (recent.length > 0 && isQuorum(policy.quorum, new Set(recent.map(({ witness }) => witness)))) return;
  const newest = Math.max(...cosignatures.map(({ timeSeconds }) => timeSeconds));
  const details = {
    origin,
    nowSeconds,
    maxAgeSeconds,
    newestSeconds: Number.isFinite(newest) ? newest : null,
  };
  if (newest > nowSeconds + MAX_CLOCK_SKEW_SECONDS) {
    throw new LoraError("LOG_STALE", `the checkpoint of ${quote(origin)} is dated later than now`, {
      hint: "set this machine's clock",
      details,
    });
  }
  if (cosignatures.length === 0) {
    throw new LoraError("LOG_STALE", `nobody says when the checkpoint of ${quote(origin)} was the newest`, {
      ...(policy.witnesses.length === 0
        ? { hint: "name a witness in the policy: the log's own clock at least" }
        : {}),
      details,
    });
  }
  throw new LoraError(
    "LOG_STALE",
    `the checkpoint of ${quote(origin)} was last confirmed ${formatAge(nowSeconds - newest)} ago`,
    { details },
  );
}

function formatAge(seconds: number): string {
  return seconds < 2 * 3600 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}
