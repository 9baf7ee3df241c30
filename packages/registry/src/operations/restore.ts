// SPDX-License-Identifier: Apache-2.0
/**
 * A backup (backup-format.ts) into a registry that has nothing: all of its rows in one transaction, or none. The blobs come
 * first, each hashed; those of a restore that failed are what `gc` removes.
 *
 * What was logged after the backup is lost, and who has seen it will not believe this log any more. Where the log's memo
 * (log/guard.ts) is still beside the blobs it says whether there was anything; where it is not, nobody but the operator knows.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { fileError } from "@lora/client/store";
import { sql } from "drizzle-orm";
import type { BlobClaim, BlobStore } from "../blobs/index.ts";
import { type Database, query, type Transaction } from "../database/index.ts";
import { compareWithMemo } from "../log/guard.ts";
import { readHead } from "../log/index.ts";
import { settleLogKeys } from "../log/keys.ts";
import { giveUpWaiting } from "../webhooks/index.ts";
import { type Backup, linesOf, parseBackup, readMigrations, readTableNames } from "./backup-format.ts";

/** Of one statement: a base's norms are a row of megabytes, most rows are small. */
const CHARACTERS_AT_ONCE = 1_000_000;

export interface RestoreOptions {
  /** Absolute. */
  directory: string;
  /** The operator's own key of the log. */
  logKey?: string | undefined;
  /** The operator knows that the log may have gone on after the backup. */
  isRollbackAccepted: boolean;
}

/** @throws LoraError FILE_NOT_FOUND, JSON_INVALID, USAGE, DIGEST_MISMATCH, LOG_HALTED, and as the stores; no row is there then */
export async function restore(
  { database: { db }, blobs }: { database: { db: Database }; blobs: BlobStore },
  { directory, logKey, isRollbackAccepted }: RestoreOptions,
): Promise<Backup> {
  const path = join(directory, "backup.json");
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileError(error, "read", path);
  });
  const backup = parseBackup(text, path);
  await assertFits(db, backup);
  for (const claim of backup.blobs) await restoreBlob(blobs, directory, claim);
  await db.transaction(async (tx) => {
    for (const table of await inOrderOfReferences(tx)) await restoreTable(tx, directory, table, backup);
    for (const [name, last] of Object.entries(backup.sequences)) {
      if (last !== null) await tx.execute(sql`select setval(${`public.${name}`}::regclass, ${last})`);
    }
    await giveUpWaiting(tx);
    const keys = await settleLogKeys(tx as unknown as Database, backup.origin, logKey);
    const { memo, interrupted } = await compareWithMemo(tx, blobs, keys, await readHead(tx));
    // Signed last, and not committed yet: the backup has what it was to be made of, or was made before that.
    for (const id of interrupted?.pendingIds ?? []) {
      const found = await query(tx, sql`select 1 from log_pending where id = ${id}`);
      if (found.length > 0) continue;
      throw new LoraError("LOG_HALTED", `the log of ${backup.origin} went on after ${backup.createdAt}`);
    }
    if (memo === undefined && !isRollbackAccepted) {
      throw new LoraError(
        "USAGE",
        `nothing here remembers the log of ${backup.origin}: if it went on after ${backup.createdAt}, clients that have seen more will refuse it`,
        { hint: "where this is its newest backup, pass --accept-rollback" },
      );
    }
  });
  return backup;
}

/** @throws LoraError USAGE */
async function assertFits(db: Database, backup: Backup): Promise<void> {
  const names = await readTableNames(db);
  for (const name of names) {
    const found = await query(db, sql`select 1 from ${sql.identifier(name)} limit 1`);
    if (found.length === 0) continue;
    throw new LoraError("USAGE", `there is a registry here already: its table ${name} has rows`, {
      hint: "restore into a new data directory, or an empty database",
    });
  }
  const isSame =
    names.toSorted().join() === Object.keys(backup.tables).toSorted().join() &&
    (await readMigrations(db)).join() === backup.migrations.join();
  if (isSame) return;
  throw new LoraError("USAGE", "the backup was made by another version of lora-registry", {
    hint: "restore it with that version, and start this one on it then",
  });
}

async function restoreBlob(blobs: BlobStore, directory: string, claim: BlobClaim): Promise<void> {
  if (await blobs.isStored(claim)) return;
  const path = join(directory, "blobs", claim.sha256);
  try {
    await blobs.stage(claim.sha256, chunksOf(path));
  } catch (error) {
    throw fileError(error, "read", path);
  }
  await using blob = await blobs.verify(claim);
  await blob.promote();
}

/** @throws LoraError DIGEST_MISMATCH, FILE_NOT_FOUND */
async function restoreTable(
  tx: Transaction,
  directory: string,
  table: string,
  backup: Backup,
): Promise<void> {
  const path = join(directory, "tables", `${table}.jsonl`);
  const columns = await query<{ name: string }>(
    tx,
    sql`select attname as name from pg_attribute
        where attrelid = ${`public.${table}`}::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
  );
  const list = sql.join(
    columns.map(({ name }) => sql.identifier(name)),
    sql`, `,
  );
  const insert = (lines: readonly string[]) =>
    tx.execute(sql`insert into ${sql.identifier(table)} (${list}) overriding system value
      select ${list} from jsonb_populate_recordset(null::${sql.identifier(table)}, ${`[${lines.join()}]`}::text::jsonb)`);
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of chunksOf(path)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  let batch: string[] = [];
  let characters = 0;
  try {
    for await (const line of linesOf(hashed())) {
      batch.push(line);
      characters += line.length;
      if (characters < CHARACTERS_AT_ONCE) continue;
      await insert(batch);
      batch = [];
      characters = 0;
    }
    if (batch.length > 0) await insert(batch);
  } catch (error) {
    throw isFileError(error) ? fileError(error, "read", path) : damaged(path, error);
  }
  if (hash.digest("hex") !== backup.tables[table]?.sha256) throw damaged(path, undefined);
}

/** Opened by whoever reads it: a stream that fails before anybody listens would end the process. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}

/** A row that refers to another comes after it. */
async function inOrderOfReferences(tx: Transaction): Promise<string[]> {
  const left = new Set((await readTableNames(tx)).sort());
  const references = await query<{ from: string; to: string }>(
    tx,
    sql`select f.relname as from, t.relname as to from pg_constraint c
        join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
        where c.contype = 'f' and f.oid <> t.oid`,
  );
  const ordered: string[] = [];
  while (left.size > 0) {
    const free = [...left].filter(
      (name) => !references.some(({ from, to }) => from === name && left.has(to)),
    );
    if (free.length === 0) throw new Error(`tables refer to each other in a circle: ${[...left].join(", ")}`);
    for (const name of free) {
      left.delete(name);
      ordered.push(name);
    }
  }
  return ordered;
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function damaged(path: string, cause: unknown): LoraError {
  return new LoraError(
    "DIGEST_MISMATCH",
    `${path} is not as the backup was made: it was cut off or changed`,
    {
      cause,
    },
  );
}
