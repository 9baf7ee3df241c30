// SPDX-License-Identifier: Apache-2.0
/** A transparency log kept by hand: every entry, and at which size and hour it was shown first. Plain data, to be cloned. */
import {
  formatLogEntry,
  formatReceipt,
  formatTilePath,
  type LogEntry,
  proveInclusion,
  type SignerKey,
  signerKey,
  subjectOf,
  tilesBetween,
} from "@lora/client/transparency";
import {
  memoryLog,
  signedCheckpoint,
} from "../../packages/client/src/transparency/memory-log.test.support.ts";

export interface PaperLog {
  logKey: SignerKey;
  clockKey: SignerKey;
  leaves: Uint8Array[];
  /** Receipts, by index. */
  receipts: string[];
  last: Record<string, { index: number; seq: number }>;
}

/** An entry without its place in its subject's chain. */
export type Act = LogEntry extends infer Entry
  ? Entry extends LogEntry
    ? Omit<Entry, "v" | "seq" | "prev">
    : never
  : never;

export async function createPaperLog(host: string): Promise<PaperLog> {
  return {
    logKey: await signerKey(`${host}/log`, "ed25519"),
    clockKey: await signerKey(`${host}/clock`, "cosignature/v1"),
    leaves: [],
    receipts: [],
    last: {},
  };
}

/** Logs one act, as of the given time. @returns its index */
export async function appendAct(log: PaperLog, act: Act, timeSeconds: number): Promise<number> {
  const index = log.leaves.length;
  const subject = subjectOf(act as LogEntry);
  const before = log.last[subject];
  const seq = before === undefined ? 0 : before.seq + 1;
  log.leaves.push(formatLogEntry({ v: 1, ...act, seq, prev: before?.index ?? null } as LogEntry));
  log.last[subject] = { index, seq };
  log.receipts.push(await receiptOf(log, index, timeSeconds));
  return index;
}

export function checkpointOf(log: PaperLog, timeSeconds: number): Promise<string> {
  return signedCheckpoint(memoryLog(log.leaves).tree(), log.logKey, [[log.clockKey, timeSeconds]]);
}

/** Proves an entry by the log as it is now. */
export async function receiptOf(log: PaperLog, index: number, timeSeconds: number): Promise<string> {
  const memory = memoryLog(log.leaves);
  return formatReceipt({
    entry: log.leaves[index] as Uint8Array<ArrayBuffer>,
    index,
    proof: await proveInclusion(index, log.leaves.length, memory.hashes()),
    checkpoint: await checkpointOf(log, timeSeconds),
  });
}

/** All files of a static copy at this size, by path. */
export async function logFilesOf(
  log: PaperLog,
  timeSeconds: number,
): Promise<Map<string, Uint8Array | string>> {
  const memory = memoryLog(log.leaves);
  const files = new Map<string, Uint8Array | string>([
    ["/log/checkpoint", await checkpointOf(log, timeSeconds)],
  ]);
  for (const tile of tilesBetween(0, log.leaves.length)) {
    files.set(`/log/${formatTilePath(tile)}`, await memory.readTile(tile));
    if (tile.level !== 0) continue;
    const bundle = { ...tile, level: "entries" } as const;
    files.set(`/log/${formatTilePath(bundle)}`, await memory.readEntries(bundle));
  }
  return files;
}
