// SPDX-License-Identifier: Apache-2.0
/** What an operator does with webhooks, by command or by the API. */
import { randomUUID } from "node:crypto";
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { asc, eq, sql } from "drizzle-orm";
import { type Database, type Queryable, tables } from "../database/index.ts";
import { DELIVERY_TIMES } from "./deliver.ts";
import type { NewWebhook, WebhookInfo } from "./documents.ts";
import { formatTestEvent, type WebhookEvent } from "./event.ts";
import { parseReceiverUrl } from "./receiver-url.ts";
import { sendMessage } from "./send.ts";
import { generateSecret } from "./signature.ts";

/** Every act that is logged is written down once for each. */
export const MAX_WEBHOOKS = 20;

export interface WebhookRequest {
  url: string;
  /** Undefined for all. */
  events?: readonly WebhookEvent[] | undefined;
  scope?: ScopeName | undefined;
}

/** @throws LoraError USAGE */
export async function addWebhook(
  db: Database,
  { url, events, scope }: WebhookRequest,
  isPrivateAllowed: boolean,
): Promise<NewWebhook> {
  const { webhooks } = tables;
  if ((await db.$count(webhooks)) >= MAX_WEBHOOKS) {
    throw new LoraError("USAGE", `the registry has ${MAX_WEBHOOKS} webhooks already`, {
      hint: "remove one first: lora-registry webhook rm ID",
    });
  }
  const secret = generateSecret();
  const [row] = await db
    .insert(webhooks)
    .values({
      url: parseReceiverUrl(url, isPrivateAllowed),
      events: events === undefined ? null : [...new Set(events)],
      scope: scope ?? null,
      secret,
      createdAt: new Date(),
    })
    .returning();
  if (row === undefined) throw new Error("no webhook was inserted");
  return { ...infoOf(row, { waiting: 0, delivered: 0, givenUp: 0 }), secret };
}

/** The oldest first. */
export async function listWebhooks(db: Queryable): Promise<WebhookInfo[]> {
  const { webhookDeliveries: deliveries, webhooks } = tables;
  const rows = await db.select().from(webhooks).orderBy(asc(webhooks.id));
  const counted = await db
    .select({
      webhookId: deliveries.webhookId,
      waiting: sql<number>`(count(*) filter (where ${deliveries.settledAt} is null))::int`,
      delivered: sql<number>`(count(*) filter (where ${deliveries.outcome} = 'delivered'))::int`,
      givenUp: sql<number>`(count(*) filter (where ${deliveries.outcome} = 'given-up'))::int`,
    })
    .from(deliveries)
    .groupBy(deliveries.webhookId);
  const counts = new Map(counted.map(({ webhookId, ...count }) => [webhookId, count]));
  return rows.map((row) => infoOf(row, counts.get(row.id) ?? { waiting: 0, delivered: 0, givenUp: 0 }));
}

/** With all that waits for it. @throws LoraError NOT_FOUND */
export async function removeWebhook(db: Queryable, id: number): Promise<void> {
  const { webhooks } = tables;
  const removed = await db.delete(webhooks).where(eq(webhooks.id, id)).returning({ id: webhooks.id });
  if (removed.length === 0) throw unknownWebhook(id);
}

/**
 * Sends an event that stands for nothing, once, whatever the webhook is for.
 * @returns what its receiver answered
 * @throws LoraError NOT_FOUND; WEBHOOK_FAILED when it was not taken
 */
export async function testWebhook(
  db: Queryable,
  id: number,
  { origin, isPrivateAllowed }: { origin: string; isPrivateAllowed: boolean },
): Promise<{ id: number; outcome: string }> {
  const { webhooks } = tables;
  const [row] = await db.select().from(webhooks).where(eq(webhooks.id, id));
  if (row === undefined) throw unknownWebhook(id);
  const message = { id: `msg_${randomUUID()}`, body: formatTestEvent(origin, new Date()) };
  const { isDelivered, text } = await sendMessage(row, message, {
    isPrivateAllowed,
    timeLimitMs: DELIVERY_TIMES.limitMs,
  });
  if (isDelivered) return { id, outcome: text };
  throw new LoraError("WEBHOOK_FAILED", `the webhook ${id} was not delivered: ${text}`);
}

function unknownWebhook(id: number): LoraError {
  return new LoraError("NOT_FOUND", `there is no webhook ${id}`, {
    hint: "see them with: lora-registry webhook ls",
  });
}

type Counts = Pick<WebhookInfo, "waiting" | "delivered" | "givenUp">;

function infoOf(row: typeof tables.webhooks.$inferSelect, counts: Counts): WebhookInfo {
  return {
    id: row.id,
    url: row.url,
    ...(row.events === null ? {} : { events: row.events as WebhookEvent[] }),
    ...(row.scope === null ? {} : { scope: row.scope as ScopeName }),
    createdAt: row.createdAt.toISOString(),
    ...(row.disabledAt === null ? {} : { disabledAt: row.disabledAt.toISOString() }),
    ...(row.lastAttemptAt === null ? {} : { lastAttemptAt: row.lastAttemptAt.toISOString() }),
    ...(row.lastOutcome === null ? {} : { lastOutcome: row.lastOutcome }),
    failures: row.failures,
    ...counts,
  };
}
