// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { Database, DatabaseConnection } from "./connection.ts";
import { migrationsDirectory } from "./migrations-directory.ts";
import { readPreparedDatabase } from "./prepared-database.ts";

/** PostgreSQL's own 128 MB are for a server; a process that also serves requests starts 90 MB smaller with this. */
const START_PARAMS = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"];

/** @param directory made if it is missing; undefined keeps everything in memory, for tests */
export async function openPglite(directory?: string): Promise<DatabaseConnection> {
  const isNew = directory === undefined || !existsSync(join(directory, "PG_VERSION"));
  const client = await openClient(directory, isNew ? await readPreparedDatabase() : undefined);
  const db = drizzle({ client });
  await migrate(db, { migrationsFolder: migrationsDirectory() });
  return {
    db: db as unknown as Database,
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

function openClient(directory: string | undefined, prepared: Blob | undefined): Promise<PGlite> {
  return PGlite.create({
    startParams: START_PARAMS,
    extensions: { pg_trgm },
    ...(directory === undefined ? {} : { dataDir: directory }),
    ...(prepared === undefined ? {} : { loadDataDir: prepared }),
  }) as Promise<PGlite>;
}
