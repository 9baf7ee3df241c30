// SPDX-License-Identifier: Apache-2.0
/** A receipt, verified in the steps of docs/trust.md, a line each; nothing is asked of anyone. */
import { LoraError } from "../errors.ts";
import { isInclusionProof } from "./inclusion-proof.ts";
import { type LogEntry, type LogEntryType, parseLogEntry, subjectOf } from "./log-entry.ts";
import { hashLeaf } from "./merkle-tree.ts";
import type { Policy } from "./policy.ts";
import { parseReceipt, type Receipt } from "./receipt.ts";
import { type VerifiedCheckpoint, verifyCheckpoint } from "./verify-checkpoint.ts";

type EntryOf<Type extends LogEntryType> = Extract<LogEntry, { t: Type }>;

/** What the index or the lockfile says of an entry: its type, and whatever else is known. */
export type ExpectedEntry<Type extends LogEntryType = LogEntryType> = {
  [T in Type]: { t: T } & Partial<EntryOf<T>>;
}[Type];

export interface LoggedEntry<Type extends LogEntryType = LogEntryType> {
  entry: EntryOf<Type>;
  index: number;
  /** That the entry is in, verified: still to be compared with others of this log, by whoever is online. */
  checkpoint: VerifiedCheckpoint;
}

/**
 * @param input from a registry or a mirror, or what lay beside an installed file
 * @param index where the lockfile says that the entry is; undefined if it does not say
 * @throws LoraError RECEIPT_INVALID, CHECKPOINT_INVALID, CHECKPOINT_UNTRUSTED, COSIGNATURES_MISSING,
 *   LOG_ENTRY_INVALID, RECEIPT_MISMATCH
 */
export async function verifyReceipt<Type extends LogEntryType>(
  input: string | Uint8Array,
  policy: Policy,
  expected: ExpectedEntry<Type>,
  index?: number,
): Promise<LoggedEntry<Type>> {
  const receipt = parseReceipt(input);
  const checkpoint = await verifyCheckpoint(receipt.checkpoint, policy);
  assertIncluded(receipt, checkpoint);
  const entry = parseLogEntry(receipt.entry);
  assertExpected(entry, expected);
  assertIndex(receipt, index);
  return { entry: entry as EntryOf<Type>, index: receipt.index, checkpoint };
}

function assertIncluded({ entry, index, proof }: Receipt, { size, root }: VerifiedCheckpoint): void {
  if (isInclusionProof(proof, { index, size, leafHash: hashLeaf(entry), root })) return;
  throw new LoraError(
    "RECEIPT_INVALID",
    `the receipt does not prove that its entry is number ${index} of the log's ${size}`,
    { details: { index, size } },
  );
}

function assertExpected(entry: LogEntry, expected: ExpectedEntry): void {
  const logged: Record<string, unknown> = entry;
  for (const [field, wanted] of Object.entries(expected)) {
    if (logged[field] === wanted) continue;
    throw new LoraError(
      "RECEIPT_MISMATCH",
      `the receipt is for a ${entry.t} of ${subjectOf(entry)} whose ${field} is ${String(logged[field])}, not ${String(wanted)}`,
      { details: { field, logged: logged[field] ?? null, wanted } },
    );
  }
}

function assertIndex(receipt: Receipt, index: number | undefined): void {
  if (index === undefined || receipt.index === index) return;
  throw new LoraError(
    "RECEIPT_MISMATCH",
    `the receipt is for entry ${receipt.index} of the log, not for ${index}`,
    { details: { field: "index", logged: receipt.index, wanted: index } },
  );
}
