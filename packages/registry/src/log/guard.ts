// SPDX-License-Identifier: Apache-2.0
/**
 * The rollback guard. A database that was set back, by a restored backup or a disk that lost writes, would make this
 * registry sign a second, different tree of a size that it has signed before. So before a checkpoint is committed, and
 * long before anybody sees it, it is written to a second place, beside the blobs:
 *
 *     {"v":1,"checkpoint":"lora.example/log\n3\nIGsv…\n\n— …\n","previousSize":1,"pending":[17,18]}
 *
 *     the memo's size    the database's last checkpoint
 *     the same           has the same root
 *     smaller            has a larger tree, and signed the memo's on the way
 *     larger             is the one before: the process was killed between the two writes. Exactly the batch of the
 *                        memo is made again, of the entries that still wait, and comes to the same root
 *     anything else      the log does not continue what it signed: LOG_HALTED
 *
 * So of one size there is one root, whatever is killed when. Where there is no memo yet, the guard begins.
 */
import { sha256Of } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { parseStrictJson, parseWith } from "@lora/client/json";
import {
  formatVerifierKey,
  hashesEqual,
  parseCheckpoint,
  parseNote,
  type Tree,
  verifyNote,
} from "@lora/client/transparency";
import { eq } from "drizzle-orm";
import { z } from "zod";
import type { BlobStore, Memo } from "../blobs/index.ts";
import { type Queryable, tables } from "../database/index.ts";
import { type LogHead, storedHash } from "./head.ts";
import type { LogKeys } from "./keys.ts";

const memoSchema = z.strictObject({
  v: z.literal(1),
  checkpoint: z.string(),
  /** Of the tree that the batch was appended to. */
  previousSize: z.int().min(0),
  /** The ids of the batch's entries, in their order. */
  pending: z.array(z.int()),
});

/** A batch that a process began and nobody saw. */
export interface InterruptedBatch {
  tree: Tree;
  pendingIds: readonly number[];
}

/** What the second place says of the log as the database has it. */
export interface Standing {
  memo: Memo | undefined;
  /** To be made again before anything else gets into the log. */
  interrupted?: InterruptedBatch;
}

/**
 * To be called with the log locked, before anything is signed.
 * @throws LoraError LOG_HALTED; SERVICE_UNAVAILABLE when the second place cannot be read
 */
export async function compareWithMemo(
  db: Queryable,
  blobs: BlobStore,
  { log }: LogKeys,
  head: LogHead | undefined,
): Promise<Standing> {
  const memo = await blobs.readMemo(memoName(log));
  if (memo === undefined) return { memo };
  const { tree, previousSize, pendingIds } = await readMemoText(memo.text, log);
  const size = head?.size ?? 0;
  if (tree.size > size) {
    if (previousSize === size && pendingIds.length === tree.size - size)
      return { memo, interrupted: { tree, pendingIds } };
    throw halted(
      `the database has a log of ${size} entries, and one of ${tree.size} was signed: it was set back`,
      { databaseSize: size, signedSize: tree.size },
    );
  }
  const known = tree.size === size ? head?.root : await rootOfSize(db, tree.size);
  if (tree.size > 0 && (known === undefined || !hashesEqual(known, tree.root))) {
    throw halted(`the database has another log than the one of ${tree.size} entries that was signed`, {
      databaseSize: size,
      signedSize: tree.size,
    });
  }
  return { memo };
}

/** Durable when it returns: only then may the checkpoint be committed. */
export async function rememberCheckpoint(
  blobs: BlobStore,
  { log }: LogKeys,
  { memo }: Standing,
  head: LogHead,
  previousSize: number,
  pendingIds: readonly number[],
): Promise<void> {
  const value: z.input<typeof memoSchema> = {
    v: 1,
    checkpoint: head.note,
    previousSize,
    pending: [...pendingIds],
  };
  await blobs.writeMemo(memoName(log), JSON.stringify(value), memo);
}

/** By the whole key: registries that share a bucket do not meet. */
function memoName(log: LogKeys["log"]): string {
  return `log-${sha256Of(formatVerifierKey(log)).slice(0, 32)}`;
}

export function halted(what: string, details: Record<string, unknown>): LoraError {
  return new LoraError("LOG_HALTED", `the registry's log signs nothing: ${what}`, { details });
}

async function readMemoText(text: string, log: LogKeys["log"]) {
  try {
    const source = "the log's memo";
    const value = parseWith(memoSchema, parseStrictJson(text, source), { code: "STORE_CORRUPT", source });
    const note = parseNote(value.checkpoint);
    if ((await verifyNote(note, [log])).length === 0) throw new Error("signed by another log");
    const { size, root } = parseCheckpoint(note.text);
    return { tree: { size, root }, previousSize: value.previousSize, pendingIds: value.pending };
  } catch (cause) {
    throw halted("what its blob store remembers of it is not this log's, or damaged", {
      cause: cause instanceof Error ? cause.message : String(cause),
    });
  }
}

async function rootOfSize(db: Queryable, size: number) {
  const { logCheckpoints } = tables;
  const [row] = await db
    .select({ root: logCheckpoints.root })
    .from(logCheckpoints)
    .where(eq(logCheckpoints.size, size));
  return row && storedHash(row.root);
}
