// SPDX-License-Identifier: Apache-2.0
import { type BaseRecord, parseBaseRecord } from "@lora/client/fingerprint";
import { eq } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../database/index.ts";
import { etagOf } from "../http/document.ts";
import { mergeBaseRecords } from "./merge.ts";

/** Returns whether the base is new. Of two that come at once, the second adds to the first. */
export async function storeBase(db: Database, record: BaseRecord): Promise<boolean> {
  const { bases } = tables;
  const { fingerprint } = record;
  const rowOf = (text: string) => ({ recordText: text, recordEtag: etagOf(text) });
  return db.transaction(async (tx) => {
    const made = await tx
      .insert(bases)
      .values({ fingerprint, ...rowOf(JSON.stringify(record)) })
      .onConflictDoNothing()
      .returning({ fingerprint: bases.fingerprint });
    if (made.length > 0) {
      await storeNames(tx, record);
      return true;
    }
    const [row] = await tx
      .select({ text: bases.recordText })
      .from(bases)
      .where(eq(bases.fingerprint, fingerprint))
      .for("update");
    const known = parseBaseRecord(row?.text ?? "", `the record of ${fingerprint}`);
    const merged = mergeBaseRecords(known, record);
    const text = JSON.stringify(merged);
    if (text === row?.text) return false;
    await tx.update(bases).set(rowOf(text)).where(eq(bases.fingerprint, fingerprint));
    await storeNames(tx, merged);
    return false;
  });
}

/** So that the base is found by each of them. No name is ever taken away. */
async function storeNames(tx: Transaction, { fingerprint, names }: BaseRecord): Promise<void> {
  if (names.length === 0) return;
  await tx
    .insert(tables.baseNames)
    .values(names.map((name) => ({ fingerprint, name, folded: name.toLowerCase() })))
    .onConflictDoNothing();
}
