// SPDX-License-Identifier: Apache-2.0
/** Bases that an operator declares to be one, on the evidence of their norms. */
import { MAX_SAME_BASES, type SameBases } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import {
  compareNorms,
  type Fingerprint,
  type NormComparison,
  type NormsOfBase,
  parseBaseRecord,
  readNormsFile,
} from "@lora/client/fingerprint";
import { and, asc, eq, or, sql } from "drizzle-orm";
import { type Database, type Queryable, type Transaction, tables } from "../database/index.ts";
import { appendLogEntry, type PendingEntry } from "../log/index.ts";

export interface Declaration {
  evidence: NormComparison;
  /** Undefined where it was declared before. */
  pending: PendingEntry | undefined;
}

/**
 * @throws LoraError BASE_UNKNOWN where a record or its norms are missing, BASES_DIFFER where the norms say otherwise; then
 *   nothing is written
 */
export async function declareSame(
  db: Database,
  one: Fingerprint,
  other: Fingerprint,
  now: Date,
): Promise<Declaration> {
  if (one === other) throw new LoraError("USAGE", "a base is always the same as itself");
  const [first, second] = [one, other].sort() as [Fingerprint, Fingerprint];
  return db.transaction(async (tx) => {
    const evidence = compareNorms(await readNorms(tx, first), await readNorms(tx, second));
    if (evidence.verdict === "different")
      throw new LoraError(
        "BASES_DIFFER",
        `${first} and ${second} are not the same base: ${evidence.reason}`,
        {
          details: { ...evidence },
        },
      );
    const known = await readSameBases(tx, first);
    if (known.length >= MAX_SAME_BASES)
      throw new LoraError("USAGE", `${first} has ${known.length} bases that are the same already`);
    const made = await tx
      .insert(tables.sameBases)
      .values({ first, second, declaredAt: now, pendingId: 0 })
      .onConflictDoNothing()
      .returning({ first: tables.sameBases.first });
    if (made.length === 0) return { evidence, pending: undefined };
    const pending = await appendLogEntry(tx, { t: "base.same", a: first, b: second });
    await tx
      .update(tables.sameBases)
      .set({ pendingId: pending.id })
      .where(and(eq(tables.sameBases.first, first), eq(tables.sameBases.second, second)));
    return { evidence, pending };
  });
}

async function readNorms(tx: Transaction, fingerprint: Fingerprint): Promise<NormsOfBase> {
  const { bases, baseNorms } = tables;
  // One declaration of a base at a time: its entries in the log form a chain.
  const [row] = await tx
    .select({ text: bases.recordText })
    .from(bases)
    .where(eq(bases.fingerprint, fingerprint))
    .for("update");
  const [norms] = await tx
    .select({ content: baseNorms.content })
    .from(baseNorms)
    .where(eq(baseNorms.fingerprint, fingerprint));
  if (row === undefined || norms === undefined)
    throw new LoraError(
      "BASE_UNKNOWN",
      `the registry has no ${row === undefined ? "record" : "norms"} of ${fingerprint}`,
      { hint: "register the base where its file is: lora base add FILE", details: { fingerprint } },
    );
  const record = parseBaseRecord(row.text, `the record of ${fingerprint}`);
  return { record, norms: await readNormsFile(Uint8Array.from(norms.content), record) };
}

/** Those that the log has: until an entry is sequenced, it was not said. */
export async function readSameBases(db: Queryable, fingerprint: Fingerprint): Promise<SameBases["same"]> {
  const { sameBases, logEntries } = tables;
  const rows = await db
    .select({
      fingerprint: sql<Fingerprint>`case when ${sameBases.first} = ${fingerprint} then ${sameBases.second} else ${sameBases.first} end`,
      logIndex: logEntries.index,
      receipt: logEntries.receipt,
    })
    .from(sameBases)
    .innerJoin(logEntries, eq(logEntries.pendingId, sameBases.pendingId))
    .where(or(eq(sameBases.first, fingerprint), eq(sameBases.second, fingerprint)))
    .orderBy(asc(logEntries.index));
  return rows;
}
