// SPDX-License-Identifier: Apache-2.0
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { Database, DatabaseConnection } from "./connection.ts";
import { type MigrationMode, settleMigrations } from "./migrate.ts";
import { migrationsDirectory } from "./migrations-directory.ts";
import { assertReachable } from "./reach-postgres.ts";

/** Any number will do, as long as every registry on a server uses the same. */
const MIGRATION_LOCK = 5_662_134_917;
const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_SECONDS = 5;
const MAX_BACKOFF_SECONDS = 0.5;
const STATEMENT_TIMEOUT_MS = 60_000;

/** @throws LoraError USAGE, SERVICE_UNAVAILABLE, MIGRATION_FAILED; SCHEMA_OUTDATED in the mode `require` */
export async function openPostgres(
  url: string,
  mode: MigrationMode = "apply",
  migrations = migrationsDirectory(),
): Promise<DatabaseConnection> {
  await assertReachable(url);
  const applied = mode === "leave" ? [] : await migrateUnderLock(url, mode, migrations);
  const client = postgres(url, {
    max: MAX_CONNECTIONS,
    onnotice: () => {},
    // A request that needs a server which is away is told so, and not kept until it is back.
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    backoff: (retries) => Math.min(0.05 * 2 ** retries, MAX_BACKOFF_SECONDS),
    // What a client waits for that long nobody waits for any more.
    connection: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    },
  });
  const db = drizzle({ client });
  return {
    db: db as unknown as Database,
    applied,
    listen: async (channel, { onMessage, onConnected }) => {
      await client.listen(channel, onMessage, onConnected);
    },
    close: () => client.end({ timeout: 5 }),
  };
}

/** Several processes may start at once: one migrates, the others wait and find nothing to do. */
async function migrateUnderLock(url: string, mode: MigrationMode, directory: string): Promise<string[]> {
  // A session lock belongs to a connection, so there is only this one; its end releases the lock, however it comes.
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    const db = drizzle({ client });
    const apply = (migrationsFolder: string) => migrate(db, { migrationsFolder });
    return await settleMigrations(db as unknown as Database, apply, mode, directory);
  } finally {
    await client.end({ timeout: 5 });
  }
}
