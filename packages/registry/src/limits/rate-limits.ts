// SPDX-License-Identifier: Apache-2.0
/**
 * How many requests a client may make to what costs something: the API, and of it especially what writes and what checks
 * passwords. Files are not limited: most are answered from memory, and a look at a limit would cost more than they do.
 *
 * Clients are told apart by account and by address, and each is limited by itself: by whichever token an account comes, and
 * whoever comes from an address. The machine itself is not limited: a proxy whose X-Forwarded-For is not trusted would make
 * one client of all.
 */
import { createHash } from "node:crypto";
import { LoraError } from "@lora/client/errors";
import { eq } from "drizzle-orm";
import type { MiddlewareHandler } from "hono";
import { LRUCache } from "lru-cache";
import { type RateLimiterAbstract, RateLimiterRes } from "rate-limiter-flexible";
import { hashToken, isToken } from "../auth/index.ts";
import { type Database, tables } from "../database/index.ts";
import type { AppEnv } from "../http/context.ts";
import { createLimiter } from "./limiter.ts";

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
/** Not the question whether a login is approved: it comes every two seconds, and what it names cannot be guessed. */
const SIGN_INS = /^\/(?:api\/auth\/|api\/v1\/login$|device|account\/sign-)/;
/** As many addresses may use up what one address may, before an account takes no more tries. */
const ADDRESSES_OF_ACCOUNT = 4;
const MAX_KNOWN_TOKENS = 10_000;

export interface RateLimitOptions {
  db: Database;
  /** Whether several processes share the limits, in the database. */
  isShared: boolean;
  /** How many proxies of the operator's own every request comes through. */
  trustedProxies: number;
}

export function limitRates(limits: RateLimits, options: RateLimitOptions): MiddlewareHandler<AppEnv> {
  const { db, isShared, trustedProxies } = options;
  const shared = isShared ? db : undefined;
  const limiters = {
    reads: perMinute("reads", limits.reads, shared),
    writes: perMinute("writes", limits.writes, shared),
    signIns: perMinute("sign-ins", limits.signIns, shared),
  };
  const accountOf = createAccountLookup(db);
  let isProxyTold = trustedProxies > 0;
  return async (c, next) => {
    // What comes without an address past proxies that should have written it is one client, not nobody's.
    const address = c.get("address") ?? (trustedProxies > 0 ? "unknown" : undefined);
    if (address === undefined) return next();
    if (LOOPBACK.test(address)) {
      if (!isProxyTold && c.req.header("x-forwarded-for") !== undefined) {
        isProxyTold = true;
        c.get("log").warn(
          "requests come through a proxy of this machine: no rate is limited without LORA_TRUSTED_PROXIES",
        );
      }
      return next();
    }
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    const limiter = isRead ? limiters.reads : SIGN_INS.test(c.req.path) ? limiters.signIns : limiters.writes;
    await take(limiter, `address ${networkOf(address)}`);
    const account = await accountOf(c.req.header("authorization"));
    if (account !== undefined) await take(limiter, account);
    return next();
  };
}

/**
 * How often somebody may try to sign in to one account, from however many addresses. More than one address may try, so that
 * no single one keeps the account's owner out.
 * @param shared where several processes share the limits
 * @returns what takes one try for an address of mail, whether or not there is such an account @throws LoraError RATE_LIMITED
 */
export function limitSignIns(
  { signIns }: RateLimits,
  shared: Database | undefined,
): (email: string) => Promise<void> {
  const limiter = perMinute("account", signIns * ADDRESSES_OF_ACCOUNT, shared);
  return async (email) => {
    // The address itself is nobody's business, the table's neither.
    const hash = createHash("sha256").update(email.toLowerCase()).digest("base64url").slice(0, 22);
    await take(limiter, hash);
  };
}

/** Whose a token is, as the limits name it. A token never changes its account, so what was found is remembered. */
function createAccountLookup(
  db: Database,
): (authorization: string | undefined) => Promise<string | undefined> {
  const known = new LRUCache<string, string>({ max: MAX_KNOWN_TOKENS });
  return async (authorization) => {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined || !isToken(token)) return undefined;
    const hash = hashToken(token);
    const before = known.get(hash);
    if (before !== undefined) return before;
    const { id, userId } = tables.tokens;
    const [row] = await db.select({ id, userId }).from(tables.tokens).where(eq(tables.tokens.hash, hash));
    if (row === undefined) return undefined;
    const account = row.userId === null ? `token ${row.id}` : `account ${row.userId}`;
    known.set(hash, account);
    return account;
  };
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

function perMinute(keyPrefix: string, points: number, shared: Database | undefined) {
  return createLimiter({ keyPrefix, points, durationSeconds: MINUTE_SECONDS, blocks: true }, shared);
}

/** @throws LoraError RATE_LIMITED */
async function take(limiter: RateLimiterAbstract, client: string): Promise<void> {
  try {
    await limiter.consume(client);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw new LoraError("RATE_LIMITED", "too many requests came from this client within a minute", {
      details: { retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) },
    });
  }
}
