// SPDX-License-Identifier: Apache-2.0
/**
 * How far each tensor moved from one adapter file to another, as `lora diff` computes it. Both files never change, so the
 * answer is computed when somebody first asks and then kept in the database.
 */
import { bytesSource } from "@lora/client/byte-source";
import type { Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { and, eq } from "drizzle-orm";
import type { BlobStore } from "../../blobs/index.ts";
import { type Database, tables } from "../../database/index.ts";
import { readBlobBytes } from "./blob-text.ts";

export interface WeightChange {
  tensors: {
    /** `blk.0.attn_q.weight` */
    name: string;
    /** Norm of the difference, of the larger norm: 0 equal, 1.41 unrelated, 2 opposite. */
    relative: number;
    absolute: number;
  }[];
  onlyFirst: string[];
  onlySecond: string[];
  relative: number;
}

export interface AdapterFile {
  sha256: string;
  sizeBytes: number;
}

/** Two larger ones would hold up everybody else: `lora diff` compares them. */
const MAX_BYTES = 64 * 1024 ** 2;

/** One at a time in a process. */
let last: Promise<unknown> = Promise.resolve();

/** @returns undefined for files that are too large or cannot be compared */
export async function readWeightChange(
  db: Database,
  blobs: BlobStore,
  from: AdapterFile,
  to: AdapterFile,
): Promise<WeightChange | undefined> {
  const { weightChanges } = tables;
  const isOurs = and(eq(weightChanges.fromSha256, from.sha256), eq(weightChanges.toSha256, to.sha256));
  const [kept] = await db.select({ change: weightChanges.change }).from(weightChanges).where(isOurs);
  if (kept !== undefined) return kept.change as WeightChange;
  if (Math.max(from.sizeBytes, to.sizeBytes) > MAX_BYTES) return undefined;
  const turn = last.then(() => compute(blobs, from, to));
  last = turn.catch(() => {});
  const change = await turn;
  if (change !== undefined) {
    const row = { fromSha256: from.sha256, toSha256: to.sha256, change };
    await db.insert(weightChanges).values(row).onConflictDoNothing();
  }
  return change;
}

async function compute(
  blobs: BlobStore,
  from: AdapterFile,
  to: AdapterFile,
): Promise<WeightChange | undefined> {
  // Loaded with the first comparison: most processes never make one.
  const { diffAdapters, readGgufDeltas } = await import("@lora/client/compare");
  const open = async ({ sha256, sizeBytes }: AdapterFile) => {
    const bytes = await readBlobBytes(blobs, sha256 as Sha256, sizeBytes);
    return readGgufDeltas(bytesSource(bytes, "the adapter"));
  };
  try {
    const diff = await diffAdapters(await open(from), await open(to));
    return {
      tensors: diff.tensors.map(({ name, relative, absolute }) => ({ name, relative, absolute })),
      onlyFirst: [...diff.onlyFirst],
      onlySecond: [...diff.onlySecond],
      relative: diff.total.relative,
    };
  } catch (error) {
    if (error instanceof LoraError && error.kind.httpStatus < 500) return undefined;
    throw error;
  }
}
