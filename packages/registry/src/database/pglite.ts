// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { LoraError } from "@lora/client/errors";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { Database, DatabaseConnection } from "./connection.ts";
import { countRows } from "./count-rows.ts";
import { listMigrations, type MigrationMode, outdated, settleMigrations } from "./migrate.ts";
import { migrationsDirectory } from "./migrations-directory.ts";
import { readPreparedDatabase } from "./prepared-database.ts";

/**
 * V8 compiles a WebAssembly function anew, to run faster, once it has run for 13 MB of code. A start of PostgreSQL alone
 * comes to that in functions whose compilation takes 500 MB and as long as the start. A busy process comes to this too.
 */
const WASM_TIERING_BUDGET = 1_000_000_000;

/** PostgreSQL's own 128 MB are for a server; a process that also serves requests starts 90 MB smaller with this. */
const START_PARAMS = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"];

/** Whether there is a database to open. */
export function hasPglite(directory: string): boolean {
  return existsSync(join(directory, "PG_VERSION"));
}

/**
 * @param directory made if it is missing; undefined keeps everything in memory, for tests
 * @throws LoraError DISK_FULL, MIGRATION_FAILED; SCHEMA_OUTDATED in the mode `require`, also where there is nothing yet
 */
export async function openPglite(
  directory?: string,
  mode: MigrationMode = "apply",
  migrations = migrationsDirectory(),
): Promise<DatabaseConnection> {
  const isNew = directory === undefined || !hasPglite(directory);
  const all = listMigrations(migrations).map(({ tag }) => tag);
  if (isNew && mode === "require") throw outdated(all);
  const client = await openClient(directory, isNew ? await readPreparedDatabase() : undefined);
  const db = drizzle({ client });
  const apply = (migrationsFolder: string) => migrate(db, { migrationsFolder });
  const applied = await settleMigrations(db as unknown as Database, apply, mode, migrations).catch(
    async (error: unknown) => {
      await client.close();
      throw error;
    },
  );
  if (!isNew) await countRows(client);
  return {
    db: db as unknown as Database,
    applied: isNew ? all : applied,
    listen: async (channel, { onMessage }) => {
      await client.listen(channel, onMessage);
    },
    close: () => client.close(),
  };
}

/** A new database with all migrations, as `readPreparedDatabase` gives it back. */
export async function prepareDatabase(): Promise<Blob> {
  const client = await openClient(undefined, undefined);
  await migrate(drizzle({ client }), { migrationsFolder: migrationsDirectory() });
  // So that whoever loads it has nothing to recover.
  await client.exec("checkpoint");
  const prepared = await client.dumpDataDir("gzip");
  await client.close();
  return prepared;
}

/** WASI's number of "no space left on device". */
const ENOSPC = 51;

function openClient(directory: string | undefined, prepared: Blob | undefined): Promise<PGlite> {
  setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`);
  return PGlite.create({
    startParams: START_PARAMS,
    extensions: { pg_trgm },
    ...(directory === undefined ? {} : { dataDir: directory }),
    ...(prepared === undefined ? {} : { loadDataDir: prepared }),
  }).catch((cause: unknown) => {
    const { errno } = Object(cause) as { errno?: unknown };
    if (errno !== ENOSPC) throw cause;
    throw new LoraError("DISK_FULL", `no space is left to write ${directory}`, { cause });
  }) as Promise<PGlite>;
}
