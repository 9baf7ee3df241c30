// SPDX-License-Identifier: Apache-2.0
/** Checkpoints as rows: the largest is the log as everybody sees it. */
import { LoraError } from "@lora/client/errors";
import {
  addSignatures,
  cosignCheckpoint,
  decodeHash,
  formatCheckpoint,
  formatNote,
  type Hash,
  parseNote,
  signNote,
  type Tree,
} from "@lora/client/transparency";
import { desc, eq, sql } from "drizzle-orm";
import { type Queryable, type Transaction, tables } from "../database/index.ts";
import type { LogKeys } from "./keys.ts";

/** Held by whoever changes the log. Any number will do, as long as every registry on a database uses the same. */
const LOG_LOCK = 5_662_134_920;

export interface LogHead extends Tree {
  /** The signed note. */
  note: string;
  cosignedAt: Date;
  /** When the witnesses that this registry asks had cosigned; missing where none was asked. */
  witnessedAt?: Date;
}

/** Until the transaction ends nobody else changes the log. Queries after this one see what the holder before did. */
export async function lockLog(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOG_LOCK})`);
}

/** Undefined before the log's first checkpoint, which is of no entries. */
export async function readHead(db: Queryable): Promise<LogHead | undefined> {
  const { logCheckpoints } = tables;
  const [row] = await db.select().from(logCheckpoints).orderBy(desc(logCheckpoints.size)).limit(1);
  return row && { size: row.size, root: storedHash(row.root), note: row.note, cosignedAt: row.cosignedAt };
}

export async function signHead({ log, clock }: LogKeys, tree: Tree, now: Date): Promise<LogHead> {
  const text = formatCheckpoint({ origin: log.name, ...tree, extensions: [] });
  const signatures = [await signNote(text, log), await cosignCheckpoint(text, clock, posixSeconds(now))];
  return { ...tree, note: formatNote({ text, signatures }), cosignedAt: now };
}

export async function insertHead(tx: Transaction, { root, ...head }: LogHead): Promise<void> {
  await tx.insert(tables.logCheckpoints).values({ ...head, root: hashText(root) });
}

/** The clock says once more that this is the newest checkpoint. To be called with the log locked. */
export async function cosignHead(
  tx: Transaction,
  { clock }: LogKeys,
  head: LogHead,
  now: Date,
): Promise<void> {
  const note = parseNote(head.note);
  const cosigned = addSignatures(note, [await cosignCheckpoint(note.text, clock, posixSeconds(now))]);
  await tx
    .update(tables.logCheckpoints)
    .set({ note: formatNote(cosigned), cosignedAt: now })
    .where(eq(tables.logCheckpoints.size, head.size));
}

export function hashText(hash: Hash): string {
  return Buffer.from(hash).toString("base64");
}

export function storedHash(base64: string): Hash {
  const hash = decodeHash(base64);
  if (hash === undefined)
    throw new LoraError("STORE_CORRUPT", "a hash of the log in the database is no hash");
  return hash;
}

function posixSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}
