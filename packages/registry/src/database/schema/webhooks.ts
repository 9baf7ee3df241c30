// SPDX-License-Identifier: Apache-2.0
/**
 * Whom the operator wants told of what happens (webhooks/).
 *
 *     log_pending ──sequencing──> webhook_deliveries >── webhooks
 */
import { sql } from "drizzle-orm";
import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export const webhooks = pgTable("webhooks", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  url: text("url").notNull(),
  /** `["publish","yank"]`; null for all. */
  events: jsonb("events").$type<string[]>(),
  /** `@demo`; null for all, private ones too. */
  scope: text("scope"),
  /** `whsec_…`: what the receiver verifies with, so it cannot be kept as a hash. */
  secret: text("secret").notNull(),
  createdAt: moment("created_at").notNull(),
  /** Since its receiver said that it is gone: nothing is sent any more. */
  disabledAt: moment("disabled_at"),
  lastAttemptAt: moment("last_attempt_at"),
  /** What came of that: a status, or why there was none. */
  lastOutcome: text("last_outcome"),
  /** Attempts that failed since one did not. */
  failures: integer("failures").notNull().default(0),
});

/** The outbox: written by the transaction that makes an act live, so there is one for each act that is, and for no other. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    webhookId: bigint("webhook_id", { mode: "number" })
      .notNull()
      .references(() => webhooks.id, { onDelete: "cascade" }),
    /** The same in every attempt: what a receiver knows a repetition by. */
    messageId: text("message_id").notNull(),
    /** The bytes that are sent and signed. */
    body: text("body").notNull(),
    createdAt: moment("created_at").notNull(),
    /** Those that began. */
    attempts: integer("attempts").notNull().default(0),
    /** While an attempt is under way, from when another process may believe that this one died with it. */
    nextAttemptAt: moment("next_attempt_at").notNull(),
    /** Once it was delivered or given up: nothing more is tried. */
    settledAt: moment("settled_at"),
    /** `delivered` or `given-up`. */
    outcome: text("outcome"),
  },
  (table) => [
    uniqueIndex("webhook_deliveries_message").on(table.webhookId, table.messageId),
    index("webhook_deliveries_due").on(table.webhookId, table.nextAttemptAt).where(sql`settled_at is null`),
    index("webhook_deliveries_settled_at").on(table.settledAt),
  ],
);
