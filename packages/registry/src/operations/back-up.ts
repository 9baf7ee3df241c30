// SPDX-License-Identifier: Apache-2.0
/** All of a registry as it was at one moment, into a directory (backup-format.ts). The registry may go on meanwhile. */
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { fileError, makeDirectory, writeFileDurably, writeStreamDurably } from "@lora/client/store";
import { sql } from "drizzle-orm";
import type { BlobStore } from "../blobs/index.ts";
import { type Database, type Queryable, query, tables } from "../database/index.ts";
import { type Backup, DIRECTORY_MODE, FILE_MODE, readMigrations, readTableNames } from "./backup-format.ts";

/** A base's norms are a row of megabytes. */
const ROWS_AT_ONCE = 50;

/**
 * @param directory absolute; made, or empty
 * @throws LoraError USAGE, STORE_CORRUPT, DISK_FULL, PERMISSION_DENIED, IO_FAILED; what was written stays, and is no backup
 */
export async function backUp(
  { database: { db }, blobs }: { database: { db: Database }; blobs: BlobStore },
  origin: string,
  directory: string,
): Promise<Backup> {
  await prepare(directory);
  // One moment for all tables; the blobs of that moment stay.
  const rows = await db.transaction((tx) => writeRows(tx, directory), {
    isolationLevel: "repeatable read",
    accessMode: "read only",
  });
  for (const { sha256, sizeBytes } of rows.blobs) {
    const source = sizeBytes === 0 ? [] : await blobs.read(sha256, 0, sizeBytes);
    const path = join(directory, "blobs", sha256);
    const found = await writeHashed(path, source);
    if (found === sha256) continue;
    throw new LoraError("STORE_CORRUPT", `the registry's own copy of the blob ${sha256} is damaged`, {
      details: { sha256 },
    });
  }
  const backup: Backup = { v: 1, origin, createdAt: new Date().toISOString(), ...rows };
  await writeFileDurably(join(directory, "backup.json"), JSON.stringify(backup), FILE_MODE);
  return backup;
}

async function prepare(directory: string): Promise<void> {
  try {
    await makeDirectory(directory, DIRECTORY_MODE);
    if ((await readdir(directory)).length > 0) {
      throw new LoraError("USAGE", `${directory} is not empty`, {
        hint: "name a directory that is new or empty",
      });
    }
    for (const name of ["tables", "blobs"]) await mkdir(join(directory, name), { mode: DIRECTORY_MODE });
  } catch (error) {
    throw fileError(error, "write", directory);
  }
}

async function writeRows(tx: Queryable, directory: string) {
  const written: Backup["tables"] = {};
  for (const name of (await readTableNames(tx)).sort()) {
    let rows = 0;
    const lines = async function* () {
      for await (const line of readRows(tx, name)) {
        rows += 1;
        yield Buffer.from(`${line}\n`);
      }
    };
    const sha256 = await writeHashed(join(directory, "tables", `${name}.jsonl`), lines());
    written[name] = { rows, sha256 };
  }
  const sequences = await query<{ name: string; last: string | null }>(
    tx,
    sql`select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'public'`,
  );
  return {
    migrations: await readMigrations(tx),
    tables: written,
    sequences: Object.fromEntries(
      sequences.map(({ name, last }) => [name, last === null ? null : Number(last)]),
    ),
    blobs: (await tx
      .select({ sha256: tables.blobs.sha256, sizeBytes: tables.blobs.sizeBytes })
      .from(tables.blobs)) as Backup["blobs"],
  };
}

async function* readRows(tx: Queryable, table: string): AsyncGenerator<string> {
  await tx.execute(
    sql`declare backup_rows no scroll cursor for select to_jsonb(t)::text as line from ${sql.identifier(table)} t`,
  );
  for (;;) {
    const rows = await query<{ line: string }>(tx, sql.raw(`fetch ${ROWS_AT_ONCE} from backup_rows`));
    for (const { line } of rows) yield line;
    if (rows.length < ROWS_AT_ONCE) break;
  }
  await tx.execute(sql`close backup_rows`);
}

/** Returns the sha256 of what was written. */
async function writeHashed(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Sha256> {
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await writeStreamDurably(path, hashed());
  await chmod(path, FILE_MODE);
  return hash.digest("hex") as Sha256;
}
