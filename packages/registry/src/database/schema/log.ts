// SPDX-License-Identifier: Apache-2.0
/**
 * The transparency log (log/): what waits to be sequenced, and what was.
 *
 *     log_pending ──sequencing──> log_entries, log_hashes, log_checkpoints
 *
 * Nothing of the last three is ever changed, but for the signatures on a checkpoint.
 */
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Written by the transaction of the act itself; gone once the act is in the log. */
export const logPending = pgTable(
  "log_pending",
  {
    /** Grows in the order in which the acts of one subject were committed. */
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    /** `@scope` or `@scope/name`. */
    subject: text("subject").notNull(),
    /** The entry without what sequencing settles: v, seq, prev. */
    entry: jsonb("entry").$type<Record<string, string | number | null>>().notNull(),
    /** What webhooks are told besides, and the log is not: who did it (a Holder), and why. */
    actor: jsonb("actor").$type<Record<string, string | number>>(),
    reason: text("reason"),
  },
  (table) => [index("log_pending_subject").on(table.subject)],
);

export const logEntries = pgTable(
  "log_entries",
  {
    /** Place in the log, from 0 and without gaps. */
    index: bigint("index", { mode: "number" }).primaryKey(),
    /** What it was in log_pending: whoever waits for it finds it by that. */
    pendingId: bigint("pending_id", { mode: "number" }).notNull(),
    subject: text("subject").notNull(),
    seq: integer("seq").notNull(),
    /** The bytes that are hashed: canonical JSON. */
    entry: text("entry").notNull(),
    /** As it is served: by the checkpoint of the batch that the entry came in with. */
    receipt: text("receipt").notNull(),
    sequencedAt: moment("sequenced_at").notNull(),
  },
  (table) => [
    uniqueIndex("log_entries_pending_id").on(table.pendingId),
    uniqueIndex("log_entries_subject_seq").on(table.subject, table.seq),
  ],
);

/** One slot of one tile. */
export const logHashes = pgTable(
  "log_hashes",
  {
    level: integer("level").notNull(),
    index: bigint("index", { mode: "number" }).notNull(),
    /** 32 bytes in base64. */
    hash: text("hash").notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
);

/** Every checkpoint that was ever signed: a size has one root. */
export const logCheckpoints = pgTable("log_checkpoints", {
  size: bigint("size", { mode: "number" }).primaryKey(),
  /** In base64. */
  root: text("root").notNull(),
  /** The signed note, with the newest cosignatures. */
  note: text("note").notNull(),
  /** When the clock last cosigned it. */
  cosignedAt: moment("cosigned_at").notNull(),
  /** When the witnesses that the registry asks had cosigned; null where none was asked. */
  witnessedAt: moment("witnessed_at"),
});
