// SPDX-License-Identifier: Apache-2.0
/** When what failed is tried again: soon, then ever more seldom, for a day. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Behind the first failure, the second, and so on; the last counts for all that follow. */
const WAITS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR];
const GIVE_UP_MS = 24 * HOUR;
/** So much earlier or later, so that all that failed together does not come back together. */
const JITTER = 0.2;

/**
 * @param attempts that were made, the failed one among them
 * @param ageMs how long ago the event was
 * @param random from 0 to below 1
 * @returns milliseconds until the next; undefined where there is to be none
 */
export function waitAfter(attempts: number, ageMs: number, random = Math.random()): number | undefined {
  const wait = WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? GIVE_UP_MS;
  const waitMs = Math.round(wait * (1 - JITTER + 2 * JITTER * random));
  return ageMs + waitMs > GIVE_UP_MS ? undefined : waitMs;
}
