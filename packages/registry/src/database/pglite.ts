// SPDX-License-Identifier: Apache-2.0
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { Database, DatabaseConnection } from "./connection.ts";
import { migrationsDirectory } from "./migrations-directory.ts";

/** PostgreSQL's own 128 MB are for a server; a process that also serves requests starts 90 MB smaller with this. */
const START_PARAMS = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"];

/** @param directory made if it is missing; undefined keeps everything in memory, for tests */
export async function openPglite(directory?: string): Promise<DatabaseConnection> {
  const client = await PGlite.create({
    startParams: START_PARAMS,
    extensions: { pg_trgm },
    ...(directory === undefined ? {} : { dataDir: directory }),
  });
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
