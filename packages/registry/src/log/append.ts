// SPDX-License-Identifier: Apache-2.0
import type { LogEntry } from "@lora/client/transparency";
import { type Transaction, tables } from "../database/index.ts";

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

/**
 * Writes what is to be logged, to be called by the transaction that does it: both happen or neither does. Acts of one
 * subject (a package, or a scope) must come in turn: call this with the subject's row locked, or the row that decides.
 */
export async function appendLogEntry(tx: Transaction, entry: NewLogEntry): Promise<PendingEntry> {
  const subject = "pkg" in entry ? entry.pkg : entry.scope;
  const [row] = await tx
    .insert(tables.logPending)
    .values({ subject, entry: entry as Record<string, string | number | null> })
    .returning({ id: tables.logPending.id });
  if (row === undefined) throw new Error("no log entry was inserted");
  return row;
}
