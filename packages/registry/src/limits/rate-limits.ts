// SPDX-License-Identifier: Apache-2.0
/**
 * How many requests a client may make to what costs something: the API, and of it especially what writes and what checks
 * passwords. Files are not limited: most are answered from memory, and a look at a limit would cost more than they do.
 *
 * Clients are told apart by token and by address, and each is limited by itself. The machine itself is not limited: a
 * proxy whose X-Forwarded-For is not trusted would make one client of all.
 */
import { createHash } from "node:crypto";
import { LoraError } from "@lora/client/errors";
import type { MiddlewareHandler } from "hono";
import { RateLimiterDrizzle, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { type Database, tables } from "../database/index.ts";
import type { AppEnv, RequestContext } from "../http/context.ts";

/** Requests a minute. */
export interface RateLimits {
  reads: number;
  writes: number;
  /** Sign-ins, and what else tries out secrets. */
  signIns: number;
}

export const DEFAULT_RATE_LIMITS: RateLimits = { reads: 600, writes: 300, signIns: 30 };

const MINUTE_SECONDS = 60;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;
const SIGN_INS = /^\/(?:api\/auth\/|api\/v1\/login|device|account\/sign-)/;

/** @param db where several processes share the limits; undefined where there is one process */
export function limitRates(limits: RateLimits, db: Database | undefined): MiddlewareHandler<AppEnv> {
  const limiters = {
    reads: createLimiter("reads", limits.reads, db),
    writes: createLimiter("writes", limits.writes, db),
    signIns: createLimiter("sign-ins", limits.signIns, db),
  };
  return async (c, next) => {
    const address = c.get("address");
    if (address === undefined || LOOPBACK.test(address)) return next();
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    const limiter = isRead ? limiters.reads : SIGN_INS.test(c.req.path) ? limiters.signIns : limiters.writes;
    for (const client of clientsOf(c, address)) await take(limiter, client, c);
    return next();
  };
}

function clientsOf(c: RequestContext, address: string): string[] {
  const token = c.req.header("authorization");
  // The token itself is nobody's business, the table's neither.
  const named = token && createHash("sha256").update(token).digest("base64url").slice(0, 22);
  return [`address ${networkOf(address)}`, ...(named ? [`token ${named}`] : [])];
}

/** A household has as many IPv6 addresses as it likes, within one /64. */
function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter(Boolean).length;
  const whole = [...groups, ...new Array<string>(missing).fill("0"), ...(tail ?? "").split(":")];
  return whole.slice(0, 4).join(":");
}

function createLimiter(keyPrefix: string, points: number, db: Database | undefined) {
  const options = { keyPrefix, points, duration: MINUTE_SECONDS };
  const memory = new RateLimiterMemory(options);
  if (db === undefined) return memory;
  return new RateLimiterDrizzle({
    ...options,
    storeClient: db,
    schema: tables.rateLimits,
    // Who is over the limit is not looked up again.
    inMemoryBlockOnConsumed: points,
    // Without the database each process limits by itself.
    insuranceLimiter: memory,
  });
}

async function take(
  limiter: RateLimiterMemory | RateLimiterDrizzle,
  client: string,
  c: RequestContext,
): Promise<void> {
  try {
    await limiter.consume(client);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    c.header("retry-after", String(Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))));
    throw new LoraError("RATE_LIMITED", "too many requests came from this client within a minute");
  }
}
