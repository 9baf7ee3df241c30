// SPDX-License-Identifier: Apache-2.0
/**
 * What empties the outbox. Every process does; each takes one event of a webhook at a time, so that a receiver that is slow
 * or gone holds up nobody else's. One that is killed leaves its attempt to whoever looks after the lease's end: an event is
 * delivered at least once, and mostly once.
 */
import type { Logger } from "pino";
import { type DatabaseConnection, isDatabaseUnavailable } from "../database/index.ts";
import type { Metrics } from "../metrics/index.ts";
import { DELIVERIES_CHANNEL } from "./announce.ts";
import { type Claim, claimDue, releaseClaim, removeOld, settleAttempt, type Verdict } from "./outbox.ts";
import { waitAfter } from "./retry.ts";
import { type SendOptions, type SendOutcome, sendMessage } from "./send.ts";

export interface DeliveryDeps {
  database: DatabaseConnection;
  metrics: Pick<Metrics, "countAttempt">;
  log: Logger;
  /** To receivers of the operator's own network, by http too. */
  isPrivateAllowed: boolean;
  times?: Partial<DeliveryTimes>;
  lookup?: SendOptions["lookup"];
}

export interface DeliveryTimes {
  /** Of an attempt, from the first look at the host's name to the end of the answer. */
  limitMs: number;
  /** Longer than that: then the process that claimed it is believed to be dead. */
  leaseMs: number;
  /** How often a process looks for what another one left, or what is due again. */
  lookMs: number;
  /** How long a stop waits for the attempts under way. */
  graceMs: number;
}

export const DELIVERY_TIMES: DeliveryTimes = {
  limitMs: 10_000,
  leaseMs: 15_000,
  lookMs: 2000,
  graceMs: 5000,
};
const SWEEP_MS = 60 * 60 * 1000;
/** "The target resource is no longer available, and that is likely to be permanent." */
const GONE = 410;

export interface Deliveries {
  /** Ends after the attempts under way; those that take too long are broken off, for another process to make. */
  close(): Promise<void>;
}

export async function startDeliveries(deps: DeliveryDeps): Promise<Deliveries> {
  const { database, metrics, log, isPrivateAllowed, lookup } = deps;
  const { db } = database;
  const times = { ...DELIVERY_TIMES, ...deps.times };
  const stop = new AbortController();
  /** By webhook. */
  const underWay = new Map<number, Promise<void>>();
  let isClosed = false;
  let isAsked = false;
  let isAway = false;
  let looking: Promise<void> | undefined;

  const attempt = async (claim: Claim) => {
    const { webhookId, url, message, attempts } = claim;
    const outcome = await sendMessage(claim, message, {
      isPrivateAllowed,
      lookup,
      timeLimitMs: times.limitMs,
      signal: stop.signal,
    });
    if (stop.signal.aborted && outcome.status === undefined) return releaseClaim(db, claim);
    const verdict = judge(claim, outcome);
    await settleAttempt(db, claim, verdict, outcome.text);
    const isGivenUp = verdict.is === "gone" || (verdict.is === "failed" && verdict.waitMs === undefined);
    metrics.countAttempt(isGivenUp ? "given-up" : verdict.is);
    // The rest of the address may hold what only its receiver is to know.
    const what = { webhook: webhookId, host: new URL(url).host, message: message.id, attempts };
    if (verdict.is === "delivered") log.info({ ...what, outcome: outcome.text }, "webhook delivered");
    else log.warn({ ...what, outcome: outcome.text, isGivenUp }, "webhook not delivered");
  };

  const begin = (claim: Claim) => {
    const done = attempt(claim)
      .catch((error: unknown) => warn(error, "what came of a webhook could not be written down"))
      .finally(() => {
        underWay.delete(claim.webhookId);
        look();
      });
    underWay.set(claim.webhookId, done);
  };

  const lookOnce = async () => {
    while (isAsked && !isClosed) {
      isAsked = false;
      const claims = await claimDue(db, [...underWay.keys()], times.leaseMs);
      isAway = false;
      for (const claim of claims) begin(claim);
    }
  };
  /** Whoever asks while one is looking makes it look once more: what it has read may be older. */
  const look = () => {
    isAsked = true;
    looking ??= lookOnce()
      .catch((error: unknown) => warn(error, "webhooks to deliver could not be looked for"))
      .finally(() => {
        looking = undefined;
      });
  };
  const warn = (error: unknown, what: string) => {
    if (!isDatabaseUnavailable(error)) log.error({ err: error }, what);
    // Once, not at every look until it is back.
    else if (!isAway) log.warn(`${what}: the database is away`);
    isAway ||= isDatabaseUnavailable(error);
  };

  await database.listen(DELIVERIES_CHANNEL, { onMessage: look, onConnected: look });
  const timer = setInterval(look, times.lookMs);
  const sweep = () =>
    removeOld(db).catch((error: unknown) => warn(error, "old deliveries could not be removed"));
  let sweeping = sweep();
  const sweepTimer = setInterval(() => {
    sweeping = sweep();
  }, SWEEP_MS);
  look();

  return {
    async close() {
      isClosed = true;
      clearInterval(timer);
      clearInterval(sweepTimer);
      await looking;
      const grace = setTimeout(() => stop.abort(), times.graceMs);
      await Promise.all(underWay.values());
      clearTimeout(grace);
      await sweeping;
    },
  };
}

function judge({ attempts, ageMs }: Claim, { isDelivered, status }: SendOutcome): Verdict {
  if (isDelivered) return { is: "delivered" };
  return status === GONE ? { is: "gone" } : { is: "failed", waitMs: waitAfter(attempts, ageMs) };
}
