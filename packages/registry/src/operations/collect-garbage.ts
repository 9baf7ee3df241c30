// SPDX-License-Identifier: Apache-2.0
/**
 * Removes what nothing refers to: blobs of publishes that failed, uploads that nobody published. Publishes may go on
 * meanwhile. A blob is removed by whoever holds a new row of its digest, in a transaction that takes the row back; a publish
 * of the same blob waits for that row, or has it already, and looks for the blob again once it has (store-release.ts).
 */
import type { Sha256 } from "@lora/client/digest";
import { eq, inArray } from "drizzle-orm";
import type { BlobStore, StoredBlob } from "../blobs/index.ts";
import { type Database, tables } from "../database/index.ts";

/** Asked about in one query. */
const BATCH = 500;

export interface Garbage {
  blobs: number;
  bytes: number;
  uploads: number;
}

/**
 * @param before what was written later may belong to a publish that is under way
 * @param isDryRun counts and removes nothing
 * @throws LoraError SERVICE_UNAVAILABLE; what is removed until then stays removed
 */
export async function collectGarbage(
  { database: { db }, blobs }: { database: { db: Database }; blobs: BlobStore },
  before: Date,
  isDryRun: boolean,
): Promise<Garbage> {
  const found: Garbage = { blobs: 0, bytes: 0, uploads: 0 };
  for await (const batch of inBatches(blobs.listStored())) {
    const old = batch.filter(({ writtenAt }) => writtenAt < before);
    for (const blob of await withoutRows(db, old)) {
      if (!isDryRun && !(await removeBlob(db, blobs, blob))) continue;
      found.blobs += 1;
      found.bytes += blob.sizeBytes;
    }
  }
  found.uploads = await blobs.sweep(before, isDryRun);
  return found;
}

async function withoutRows(db: Database, blobs: readonly StoredBlob[]): Promise<StoredBlob[]> {
  if (blobs.length === 0) return [];
  const { sha256 } = tables.blobs;
  const digests = blobs.map((blob) => blob.sha256);
  const rows = await db.select({ sha256 }).from(tables.blobs).where(inArray(sha256, digests));
  const known = new Set(rows.map((row) => row.sha256 as Sha256));
  return blobs.filter((blob) => !known.has(blob.sha256));
}

/** False where a publish was quicker. */
async function removeBlob(db: Database, store: BlobStore, blob: StoredBlob): Promise<boolean> {
  const { sha256, sizeBytes } = blob;
  return db.transaction(async (tx) => {
    const held = await tx
      .insert(tables.blobs)
      .values({ sha256, sizeBytes, isLive: false })
      .onConflictDoNothing()
      .returning({ sha256: tables.blobs.sha256 });
    if (held.length === 0) return false;
    await store.removeStored(sha256);
    await tx.delete(tables.blobs).where(eq(tables.blobs.sha256, sha256));
    return true;
  });
}

async function* inBatches(blobs: AsyncIterable<StoredBlob>): AsyncGenerator<StoredBlob[]> {
  let batch: StoredBlob[] = [];
  for await (const blob of blobs) {
    batch.push(blob);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
