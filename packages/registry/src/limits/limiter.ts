// SPDX-License-Identifier: Apache-2.0
import { RateLimiterDrizzle, RateLimiterMemory } from "rate-limiter-flexible";
import { type Database, tables } from "../database/index.ts";

export interface LimiterOptions {
  /** Of what is counted, before the name of whose it is. */
  keyPrefix: string;
  /** As many as there may be within the time. */
  points: number;
  durationSeconds: number;
  /** Remembers who is over the limit, so that they are not looked up again; what is given back to them does not count then. */
  blocks?: boolean;
}

/** @param shared where several processes count together; without the database each then counts by itself */
export function createLimiter(
  { keyPrefix, points, durationSeconds, blocks = false }: LimiterOptions,
  shared: Database | undefined,
): RateLimiterMemory | RateLimiterDrizzle {
  const options = { keyPrefix, points, duration: durationSeconds };
  const memory = new RateLimiterMemory(options);
  if (shared === undefined) return memory;
  return new RateLimiterDrizzle({
    ...options,
    storeClient: shared,
    schema: tables.rateLimits,
    ...(blocks ? { inMemoryBlockOnConsumed: points } : {}),
    insuranceLimiter: memory,
  });
}
