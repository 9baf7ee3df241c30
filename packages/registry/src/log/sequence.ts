// SPDX-License-Identifier: Apache-2.0
/**
 * One step of the log, in one transaction that holds its lock: the entries that wait get their places, the new
 * checkpoint is signed and remembered in the second place, what the entries say becomes live. All of it is seen at once
 * when the transaction is committed, or nothing of it ever was.
 */
import { LoraError } from "@lora/client/errors";
import { EMPTY_EDGE, formatReceipt, hashesEqual, rootOfEdge, type TreeEdge } from "@lora/client/transparency";
import { asc, desc, inArray, sql } from "drizzle-orm";
import type { BlobStore } from "../blobs/index.ts";
import { type Database, type Transaction, tables } from "../database/index.ts";
import { recordEvents } from "../webhooks/record-events.ts";
import { type Batch, type ChainEnd, makeBatch, type PendingRow } from "./batch.ts";
import { compareWithMemo, halted, type InterruptedBatch, rememberCheckpoint } from "./guard.ts";
import { cosignHead, hashText, insertHead, type LogHead, lockLog, readHead, signHead } from "./head.ts";
import type { LogKeys } from "./keys.ts";
import { makeLive } from "./live.ts";
import { readStoredEdge } from "./tiles.ts";

export interface LogDeps {
  db: Database;
  blobs: BlobStore;
  keys: LogKeys;
  /** What the registry calls itself. */
  origin: string;
  now(): Date;
  /** Asks others to sign a checkpoint that is not committed yet. */
  cosign?: ((tx: Transaction, head: LogHead) => Promise<LogHead>) | undefined;
}

/** What a process that waits for an entry is told. */
export interface SettledEntry {
  index: number;
  receipt: string;
}

export interface Step {
  /** By the id that the entries had while they waited. */
  settled: Map<number, SettledEntry>;
  /** Whether entries wait that this step could not take: of packages that somebody is changing, or too many. */
  hasMore: boolean;
  /** The tree as it is now: spares the next step reading it. */
  edge: TreeEdge;
}

const MAX_BATCH = 1000;
/** The clock says so often that the newest checkpoint still is. */
const COSIGN_EVERY_MS = 10 * 60 * 1000;

/**
 * @param known the edge that the last step of this process ended with, of any size
 * @param isChecked whether the second place is to be asked although nothing is to be signed
 * @throws LoraError LOG_HALTED, SERVICE_UNAVAILABLE; nothing was done then
 */
export async function sequencePending(
  deps: LogDeps,
  known: TreeEdge = EMPTY_EDGE,
  isChecked = false,
): Promise<Step> {
  return deps.db.transaction(async (tx) => {
    await lockLog(tx);
    const head = await readHead(tx);
    const anyWait = await hasPending(tx);
    const isStale = head === undefined || deps.now().getTime() - head.cosignedAt.getTime() >= COSIGN_EVERY_MS;
    if (!anyWait && !isStale && !isChecked) return { settled: new Map(), hasMore: false, edge: known };

    const standing = await compareWithMemo(tx, deps.blobs, deps.keys, head);
    const edge = await edgeOf(tx, head, known);
    const { interrupted } = standing;
    const pending = interrupted === undefined ? await readPending(tx) : await readAgain(tx, interrupted);
    if (pending.length === 0) {
      if (head === undefined) {
        const first = await signHead(
          deps.keys,
          { size: 0, root: (await makeBatch(edge, [], new Map())).tree.root },
          deps.now(),
        );
        await insertHead(tx, first);
      } else if (isStale) await cosignHead(tx, deps.keys, head, deps.now());
      return { settled: new Map(), hasMore: anyWait, edge };
    }

    const batch = await makeBatch(edge, pending, await readChainEnds(tx, pending));
    if (interrupted !== undefined && !hashesEqual(batch.tree.root, interrupted.tree.root)) {
      throw halted("a batch that was interrupted cannot be made again as it was", {
        signedSize: interrupted.tree.size,
      });
    }
    const signed = await signHead(deps.keys, batch.tree, deps.now());
    const ids = pending.map(({ id }) => id);
    if (interrupted === undefined) {
      await rememberCheckpoint(deps.blobs, deps.keys, standing, signed, edge.size, ids);
    }
    await storeHashes(tx, batch);
    const next = (await deps.cosign?.(tx, signed)) ?? signed;
    const settled = await storeBatch(tx, batch, next);
    await tx.delete(tables.logPending).where(inArray(tables.logPending.id, ids));
    await makeLive(tx, batch.entries);
    await recordEvents(tx, { origin: deps.origin, at: next.cosignedAt }, batch.entries, pending);
    return { settled, hasMore: await hasPending(tx), edge: batch.edge };
  });
}

async function hasPending(tx: Transaction): Promise<boolean> {
  const rows = await tx.select({ id: tables.logPending.id }).from(tables.logPending).limit(1);
  return rows.length > 0;
}

async function edgeOf(tx: Transaction, head: LogHead | undefined, known: TreeEdge): Promise<TreeEdge> {
  if (head === undefined || head.size === 0) return EMPTY_EDGE;
  if (known.size === head.size && hashesEqual(rootOfEdge(known), head.root)) return known;
  return readStoredEdge(tx, head).catch((error: unknown) => {
    if (!(error instanceof LoraError) || error.code !== "LOG_TILE_INVALID") throw error;
    throw halted("the hashes in the database do not make up the root that was signed", {
      databaseSize: head.size,
    });
  });
}

/**
 * The oldest that can be taken, their packages locked. A package that somebody is changing now is left for the next step,
 * and with it all of its scope: a revocation must not overtake what the key signed before.
 */
async function readPending(tx: Transaction): Promise<PendingRow[]> {
  const { logPending } = tables;
  const rows: PendingRow[] = await tx.select().from(logPending).orderBy(asc(logPending.id)).limit(MAX_BATCH);
  const free = new Set(await lockPackages(tx, rows, "skip locked"));
  const busyScopes = new Set(
    rows.filter((row) => isOfPackage(row) && !free.has(row.subject)).map(scopeOfRow),
  );
  return rows.filter((row) => !busyScopes.has(scopeOfRow(row)));
}

/** @throws LoraError LOG_HALTED when they do not all wait any more: then the database was set back */
async function readAgain(tx: Transaction, { tree, pendingIds }: InterruptedBatch): Promise<PendingRow[]> {
  const { logPending } = tables;
  const found: PendingRow[] = await tx
    .select()
    .from(logPending)
    .where(inArray(logPending.id, [...pendingIds]));
  const byId = new Map(found.map((row) => [row.id, row]));
  const rows = pendingIds.flatMap((id) => byId.get(id) ?? []);
  if (rows.length !== pendingIds.length) {
    throw halted(`entries of the log of ${tree.size} that was signed are gone: the database was set back`, {
      signedSize: tree.size,
    });
  }
  await lockPackages(tx, rows, "wait");
  return rows;
}

async function lockPackages(
  tx: Transaction,
  rows: readonly PendingRow[],
  whenLocked: "skip locked" | "wait",
): Promise<string[]> {
  const { packages } = tables;
  const names = [...new Set(rows.filter(isOfPackage).map(({ subject }) => subject))];
  if (names.length === 0) return [];
  const locked = await tx
    .select({ name: packages.name })
    .from(packages)
    .where(inArray(packages.name, names))
    .orderBy(asc(packages.name))
    .for("update", whenLocked === "wait" ? {} : { skipLocked: true });
  return locked.map(({ name }) => name);
}

async function readChainEnds(tx: Transaction, rows: readonly PendingRow[]): Promise<Map<string, ChainEnd>> {
  const { logEntries } = tables;
  const subjects = JSON.stringify([...new Set(rows.map(({ subject }) => subject))]);
  const last = tx
    .select({ index: logEntries.index, seq: logEntries.seq })
    .from(logEntries)
    .where(sql`${logEntries.subject} = wanted.subject`)
    .orderBy(desc(logEntries.seq))
    .limit(1)
    .as("last");
  const ends = await tx
    .select({ subject: sql<string>`wanted.subject`, index: last.index, seq: last.seq })
    .from(sql`jsonb_array_elements_text(${subjects}::text::jsonb) as wanted(subject)`)
    .crossJoinLateral(last);
  return new Map(ends.map(({ subject, index, seq }) => [subject, { index, seq }]));
}

async function storeHashes(tx: Transaction, batch: Batch): Promise<void> {
  const { logHashes } = tables;
  const hashes = batch.hashes.map(({ level, index, hash }) => ({ level, index, hash: hashText(hash) }));
  await tx.execute(sql`
    insert into ${logHashes} (level, index, hash)
    select level, index, hash from jsonb_to_recordset(${JSON.stringify(hashes)}::text::jsonb)
      as h(level int, index bigint, hash text)`);
}

async function storeBatch(tx: Transaction, batch: Batch, head: LogHead): Promise<Map<number, SettledEntry>> {
  const settled = new Map<number, SettledEntry>();
  const entries = batch.entries.map(({ index, pendingId, subject, entry, bytes, proof }) => {
    const receipt = formatReceipt({ entry: bytes, index, proof, checkpoint: head.note });
    settled.set(pendingId, { index, receipt });
    return { index, pendingId, subject, seq: entry.seq, entry: new TextDecoder().decode(bytes), receipt };
  });
  const { logEntries } = tables;
  await tx.execute(sql`
    insert into ${logEntries} (index, pending_id, subject, seq, entry, receipt, sequenced_at)
    select index, "pendingId", subject, seq, entry, receipt, ${head.cosignedAt.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(entries)}::text::jsonb)
      as e(index bigint, "pendingId" bigint, subject text, seq int, entry text, receipt text)`);
  await insertHead(tx, head);
  return settled;
}

function isOfPackage({ subject }: PendingRow): boolean {
  return subject.includes("/");
}

function scopeOfRow({ subject }: PendingRow): string {
  return subject.split("/")[0] ?? subject;
}
