// SPDX-License-Identifier: Apache-2.0
/**
 * One data layer over two drivers: PGlite, a PostgreSQL inside the process with its files in a directory, and
 * postgres.js, a pool of connections to a server. The queries, the schema and the migrations are the same.
 */
import { PGlite } from "@electric-sql/pglite";
import { DrizzleQueryError } from "drizzle-orm/errors";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import { migrate as migratePostgres } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { migrationsDirectory } from "./migrations-directory.ts";

export type Database = PgDatabase<PgQueryResultHKT>;
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];
/** What a query needs: either of the two. */
export type Queryable = Database | Transaction;

export interface DatabaseConnection {
  db: Database;
  /** Ends after the queries under way. */
  close(): Promise<void>;
}

/** Any number will do, as long as every registry on a server uses the same. */
const MIGRATION_LOCK = 5_662_134_917;

/** @param directory made if it is missing; undefined keeps everything in memory, for tests */
export async function openPglite(directory?: string): Promise<DatabaseConnection> {
  const client = await PGlite.create(directory === undefined ? {} : { dataDir: directory });
  const db = drizzlePglite({ client });
  await migratePglite(db, { migrationsFolder: migrationsDirectory() });
  return { db: db as unknown as Database, close: () => client.close() };
}

export async function openPostgres(url: string): Promise<DatabaseConnection> {
  await migrateUnderLock(url);
  const client = postgres(url, { max: 10, onnotice: () => {} });
  const db = drizzlePostgres({ client });
  return { db: db as unknown as Database, close: () => client.end({ timeout: 5 }) };
}

/** Several processes may start at once: one migrates, the others wait and find nothing to do. */
async function migrateUnderLock(url: string): Promise<void> {
  // A session lock belongs to a connection, so there is only this one; its end releases the lock, however it comes.
  const client = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await client`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await migratePostgres(drizzlePostgres({ client }), { migrationsFolder: migrationsDirectory() });
  } finally {
    await client.end({ timeout: 5 });
  }
}

/** SQLSTATEs of a server that is starting, stopping or full, and the error codes of a connection that is not there. */
const UNAVAILABLE =
  /^(?:08...|57P0[1-5]|53300|ECONN(?:REFUSED|RESET)|ENOTFOUND|EPIPE|ETIMEDOUT|CONNECT(?:ION_(?:CLOSED|ENDED|DESTROYED)|_TIMEOUT))$/;

/** Whether an error means that the database cannot be reached, now: trying again later may work. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return (
    cause instanceof Error &&
    "code" in cause &&
    typeof cause.code === "string" &&
    UNAVAILABLE.test(cause.code)
  );
}
