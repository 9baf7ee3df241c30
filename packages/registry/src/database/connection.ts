// SPDX-License-Identifier: Apache-2.0
/**
 * One data layer over two drivers: PGlite, a PostgreSQL inside the process with its files in a directory (pglite.ts), and
 * postgres.js, a pool of connections to a server (postgres.ts). The queries, the schema and the migrations are the same.
 */
import { DrizzleQueryError } from "drizzle-orm/errors";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

export type Database = PgDatabase<PgQueryResultHKT>;
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];
/** What a query needs: either of the two. */
export type Queryable = Database | Transaction;

export interface DatabaseConnection {
  db: Database;
  /** The migrations that opening it applied. */
  applied: readonly string[];
  /**
   * Hears what transactions of any process send with `pg_notify`, each once it is committed. What is sent while there is no
   * connection is never heard; `onConnected` is called for every new one.
   */
  listen(channel: string, on: { onMessage(payload: string): void; onConnected(): void }): Promise<void>;
  /** Ends after the queries under way. */
  close(): Promise<void>;
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
