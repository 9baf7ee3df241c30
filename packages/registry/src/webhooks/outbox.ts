// SPDX-License-Identifier: Apache-2.0
/**
 * The outbox as rows. All times are the database's: processes whose clocks differ agree on what is due. An attempt is
 * claimed by moving `next_attempt_at` to where its lease ends, and `attempts` tells whether a claim still holds.
 */
import { and, eq, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { type Database, type Queryable, query, tables } from "../database/index.ts";
import type { Message } from "./signature.ts";

/** An attempt that this process is to make. */
export interface Claim {
  id: number;
  webhookId: number;
  url: string;
  secret: string;
  message: Message;
  /** This one among them. */
  attempts: number;
  /** Of the event. */
  ageMs: number;
}

const KEPT_DAYS = 7;

/** At most one for each webhook. @param busy webhooks to leave out */
export async function claimDue(db: Database, busy: readonly number[], leaseMs: number): Promise<Claim[]> {
  const { webhookDeliveries: deliveries, webhooks } = tables;
  const rows = await query<Omit<Claim, "message"> & { messageId: string; body: string }>(
    db,
    sql`update ${deliveries} as d
        set attempts = d.attempts + 1, next_attempt_at = now() + ${leaseMs} * interval '1 millisecond'
        from (
          select w.url, w.secret, due.id
          from ${webhooks} as w cross join lateral (
            select id from ${deliveries}
            where webhook_id = w.id and settled_at is null and next_attempt_at <= now()
            order by next_attempt_at, id limit 1 for update skip locked) as due
          where w.disabled_at is null
            and w.id not in (select value::bigint from jsonb_array_elements_text(${JSON.stringify(busy)}::text::jsonb))
        ) as c
        where d.id = c.id
        returning d.id, d.webhook_id as "webhookId", c.url, c.secret, d.message_id as "messageId", d.body, d.attempts,
          extract(epoch from now() - d.created_at) * 1000 as "ageMs"`,
  );
  return rows.map(({ id, webhookId, ageMs, messageId, body, ...row }) => ({
    ...row,
    // The drivers give a bigint and a numeric as they like.
    id: Number(id),
    webhookId: Number(webhookId),
    ageMs: Number(ageMs),
    message: { id: messageId, body },
  }));
}

/** @param waitMs until the next attempt, after one that failed; undefined gives up */
export type Verdict = { is: "delivered" } | { is: "failed"; waitMs: number | undefined } | { is: "gone" };

/** Writes what came of an attempt. @param text for the operator */
export async function settleAttempt(
  db: Database,
  { id, webhookId, attempts }: Claim,
  verdict: Verdict,
  text: string,
): Promise<void> {
  const { webhookDeliveries: deliveries, webhooks } = tables;
  const waiting = isNull(deliveries.settledAt);
  await db.transaction(async (tx) => {
    // The webhook first, as whoever removes it does: two that settle in another order would wait for each other.
    await tx
      .update(webhooks)
      .set({
        lastAttemptAt: sql`now()`,
        lastOutcome: text,
        failures: verdict.is === "delivered" ? 0 : sql`${webhooks.failures} + 1`,
        ...(verdict.is === "gone" ? { disabledAt: sql`now()` } : {}),
      })
      .where(eq(webhooks.id, webhookId));
    if (verdict.is === "delivered") {
      await tx
        .update(deliveries)
        .set({ settledAt: sql`now()`, outcome: "delivered" })
        .where(and(eq(deliveries.id, id), waiting));
    } else if (verdict.is === "gone") {
      await tx
        .update(deliveries)
        .set({ settledAt: sql`now()`, outcome: "given-up" })
        .where(and(eq(deliveries.webhookId, webhookId), waiting));
    } else {
      await tx
        .update(deliveries)
        .set(
          verdict.waitMs === undefined
            ? { settledAt: sql`now()`, outcome: "given-up" }
            : { nextAttemptAt: sql`now() + ${verdict.waitMs} * interval '1 millisecond'` },
        )
        // Unless the lease ran out and another process is at it.
        .where(and(eq(deliveries.id, id), eq(deliveries.attempts, attempts), waiting));
    }
  });
}

/** Gives an attempt back that was broken off: another process may make it at once. */
export async function releaseClaim(db: Queryable, { id, attempts }: Claim): Promise<void> {
  const { webhookDeliveries: deliveries } = tables;
  await db
    .update(deliveries)
    .set({ nextAttemptAt: sql`now()`, attempts: attempts - 1 })
    .where(and(eq(deliveries.id, id), eq(deliveries.attempts, attempts), isNull(deliveries.settledAt)));
}

/** Those that wait for an attempt, of all webhooks. */
export async function countWaiting(db: Queryable): Promise<number> {
  const { webhookDeliveries: deliveries } = tables;
  return db.$count(deliveries, isNull(deliveries.settledAt));
}

/** Removes what was settled long ago, and settles what was written for a webhook while that was switched off. */
export async function removeOld(db: Queryable): Promise<void> {
  const { webhookDeliveries: deliveries, webhooks } = tables;
  await db
    .update(deliveries)
    .set({ settledAt: sql`now()`, outcome: "given-up" })
    .where(
      and(
        isNull(deliveries.settledAt),
        inArray(
          deliveries.webhookId,
          db.select({ id: webhooks.id }).from(webhooks).where(isNotNull(webhooks.disabledAt)),
        ),
      ),
    );
  await db.delete(deliveries).where(sql`${deliveries.settledAt} < now() - ${KEPT_DAYS} * interval '1 day'`);
}

/** For a copy of a registry: what waited there the registry itself has delivered, or will. */
export async function giveUpWaiting(db: Queryable): Promise<void> {
  const { webhookDeliveries: deliveries } = tables;
  await db
    .update(deliveries)
    .set({ settledAt: sql`now()`, outcome: "given-up" })
    .where(isNull(deliveries.settledAt));
}
