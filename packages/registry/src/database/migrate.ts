// SPDX-License-Identifier: Apache-2.0
/**
 * Which migrations a database has. drizzle writes one row for each that it applied, with the moment at which it was made;
 * the journal of this version lists those that it needs. Rows that the journal does not know are of a newer version, which
 * takes nothing away that this one needs (docs/operating.md).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { sql } from "drizzle-orm";
import { type Database, isDatabaseUnavailable, type Queryable } from "./connection.ts";
import { migrationsDirectory } from "./migrations-directory.ts";
import { query } from "./query.ts";

export interface MigrationState {
  /** What this version needs and the database lacks, in order: `0009_takedowns`. */
  pending: string[];
  /** How many it has that this version does not know. */
  newer: number;
}

/** What opening a database does: apply what it lacks, refuse it where it lacks something, or leave it as it is. */
export type MigrationMode = "apply" | "require" | "leave";

interface JournalEntry {
  tag: string;
  /** In POSIX milliseconds; what drizzle keeps of it. */
  when: number;
}

/** In order. */
export function listMigrations(directory = migrationsDirectory()): JournalEntry[] {
  const journal = JSON.parse(readFileSync(join(directory, "meta", "_journal.json"), "utf8"));
  return (journal as { entries: JournalEntry[] }).entries;
}

/** Changes nothing. */
export async function readMigrationState(
  db: Queryable,
  directory = migrationsDirectory(),
): Promise<MigrationState> {
  const known = listMigrations(directory);
  const [found] = await query<{ is: boolean }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as is`,
  );
  const rows = found?.is
    ? await query<{ when: string | number }>(
        db,
        sql`select created_at as when from drizzle.__drizzle_migrations`,
      )
    : [];
  const applied = new Set(rows.map(({ when }) => Number(when)));
  return {
    pending: known.filter(({ when }) => !applied.has(when)).map(({ tag }) => tag),
    newer: [...applied].filter((when) => !known.some((entry) => entry.when === when)).length,
  };
}

/**
 * All that the database lacks, in one transaction, or nothing.
 * @param apply drizzle's own for the driver, of a directory
 * @returns the names of those that were applied
 * @throws LoraError MIGRATION_FAILED; SCHEMA_OUTDATED in the mode `require`
 */
export async function settleMigrations(
  db: Database,
  apply: (directory: string) => Promise<void>,
  mode: MigrationMode,
  directory = migrationsDirectory(),
): Promise<string[]> {
  if (mode === "leave") return [];
  const { pending } = await readMigrationState(db, directory);
  // Who may change no schema can still open one that needs no change.
  if (pending.length === 0) return [];
  if (mode === "require") throw outdated(pending);
  try {
    await apply(directory);
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LoraError("MIGRATION_FAILED", `migrations could not be applied: ${why}`, {
      cause: error,
      details: { pending },
    });
  }
  const left = await readMigrationState(db, directory);
  if (left.pending.length > 0) throw outdated(left.pending);
  return pending;
}

export function outdated(pending: readonly string[]): LoraError {
  return new LoraError("SCHEMA_OUTDATED", `the database lacks migrations: ${pending.join(", ")}`, {
    hint: "lora-registry migrate",
    details: { pending },
  });
}
