// SPDX-License-Identifier: Apache-2.0
import { formatLogEntry, type LogEntry, parseLogEntry, subjectOf } from "@lora/client/transparency";
import { desc, eq } from "drizzle-orm";
import type { Holder } from "../auth/index.ts";
import { type Queryable, type Transaction, tables } from "../database/index.ts";

/** Left for sequencing to settle. */
type Settled = "v" | "seq" | "prev";
type Without<Entry, Fields extends string> = Entry extends unknown ? Omit<Entry, Fields> : never;

/** An act, before it has its place in the log. A revocation without `validBefore` counts from its own index. */
export type NewLogEntry =
  | Without<Exclude<LogEntry, { t: "key.revoke" }>, Settled>
  | (Without<Extract<LogEntry, { t: "key.revoke" }>, Settled | "validBefore"> & { validBefore?: number });

/** An act that will be in the log as soon as the transaction that wrote it is committed: `LogWriter.settle` waits for it. */
export interface PendingEntry {
  id: number;
}

/** What webhooks are told of an act, and the log is not. */
export interface Told {
  by?: Holder | undefined;
  reason?: string | undefined;
}

/**
 * Writes what is to be logged, to be called by the transaction that does it: both happen or neither does. Acts of one
 * subject (a package, or a scope) must come in turn: call this with the subject's row locked, or the row that decides.
 * @throws LoraError LOG_ENTRY_INVALID
 */
export async function appendLogEntry(
  tx: Transaction,
  entry: NewLogEntry,
  { by, reason }: Told = {},
): Promise<PendingEntry> {
  // What no reader of the log would take stops the act here, not the log later.
  const settled = { validBefore: 0, ...entry, v: 1, seq: 0, prev: null };
  const { validBefore: _unless, ...plain } = settled;
  const parsed = parseLogEntry(formatLogEntry((entry.t === "key.revoke" ? settled : plain) as LogEntry));
  const [row] = await tx
    .insert(tables.logPending)
    .values({
      subject: subjectOf(parsed),
      entry: entry as Record<string, string | number | null>,
      actor: (by as Record<string, string | number> | undefined) ?? null,
      reason: reason ?? null,
    })
    .returning({ id: tables.logPending.id });
  if (row === undefined) throw new Error("no log entry was inserted");
  return row;
}

/** The last that waits of a subject, for a request that is made again: all before it get in with it, or earlier. */
export async function findPending(db: Queryable, subject: string): Promise<PendingEntry | undefined> {
  const { logPending } = tables;
  const [row] = await db
    .select({ id: logPending.id })
    .from(logPending)
    .where(eq(logPending.subject, subject))
    .orderBy(desc(logPending.id))
    .limit(1);
  return row;
}
