// SPDX-License-Identifier: Apache-2.0
/**
 * A backup: a directory with all rows and all blobs of a registry, whatever database and blob store it had.
 *
 *     backup.json             written last: without it there is no backup
 *     tables/<table>.jsonl    a row a line, as PostgreSQL's to_jsonb writes it
 *     blobs/<64 hex>          every blob that a version refers to
 *
 *     {"v":1,"origin":"https://lora.example","createdAt":"2026-11-23T02:00:00.000Z","migrations":["<hash>"],
 *      "tables":{"scopes":{"rows":1,"sha256":"<64 hex>"}},"sequences":{"versions_id_seq":17},
 *      "blobs":[{"sha256":"<64 hex>","sizeBytes":123}]}
 *
 * It has the registry's secrets: its files are for their owner alone.
 */
import { isSha256, type Sha256 } from "@lora/client/digest";
import { parseWith } from "@lora/client/json";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Queryable, query } from "../database/index.ts";

export const DIRECTORY_MODE = 0o700;
export const FILE_MODE = 0o600;

const sha256Schema = z.custom<Sha256>((value) => typeof value === "string" && isSha256(value));
const backupSchema = z.strictObject({
  v: z.literal(1),
  origin: z.string(),
  createdAt: z.iso.datetime(),
  /** Hashes of the migrations that its database had. */
  migrations: z.array(z.string()),
  tables: z.record(z.string(), z.strictObject({ rows: z.int().min(0), sha256: sha256Schema })),
  /** The last value that each gave; null for none. */
  sequences: z.record(z.string(), z.int().min(0).nullable()),
  blobs: z.array(z.strictObject({ sha256: sha256Schema, sizeBytes: z.int().min(0) })),
});
export type Backup = z.output<typeof backupSchema>;

/** @throws LoraError JSON_INVALID */
export function parseBackup(text: string, source: string): Backup {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return parseWith(backupSchema, value, { code: "JSON_INVALID", source });
}

/** Of the database that is open, in no order. */
export async function readTableNames(db: Queryable): Promise<string[]> {
  const rows = await query<{ name: string }>(
    db,
    sql`select tablename as name from pg_tables where schemaname = 'public'`,
  );
  return rows.map(({ name }) => name);
}

export async function readMigrations(db: Queryable): Promise<string[]> {
  const rows = await query<{ hash: string }>(
    db,
    sql`select hash from drizzle.__drizzle_migrations order by id`,
  );
  return rows.map(({ hash }) => hash);
}

/** Split at line feeds alone: text in a row may have other characters that end a line elsewhere. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest: string[] = [];
  for await (const chunk of chunks) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    rest.push(first);
    for (const next of more) {
      yield rest.join("");
      rest = [next];
    }
  }
  const last = rest.join("") + decoder.decode();
  if (last !== "") yield last;
}
