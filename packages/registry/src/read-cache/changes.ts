// SPDX-License-Identifier: Apache-2.0
/**
 * Word of changes, from the transaction that makes one to every process that may have kept what it changes. It goes out
 * with the commit, by PostgreSQL's NOTIFY:
 *
 *     lora_changes, '@demo/upper'    the package's index file or versions are others now
 *     lora_changes, ''               something was taken down
 */
import { sql } from "drizzle-orm";
import type { DatabaseConnection, Transaction } from "../database/index.ts";
import type { ReadCache } from "./read-cache.ts";

const CHANNEL = "lora_changes";

export async function announceChanges(tx: Transaction, packageNames: readonly string[]): Promise<void> {
  const names = JSON.stringify(packageNames);
  await tx.execute(
    sql`select pg_notify(${CHANNEL}, name) from jsonb_array_elements_text(${names}::text::jsonb) as name`,
  );
}

/** That files, releases or rights are gone which processes may still serve from memory. */
export async function announceRemoval(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, '')`);
}

/** Until the connection closes. Where it broke, word may have been lost: all is forgotten when it is back. */
export async function followChanges(
  connection: Pick<DatabaseConnection, "listen">,
  cache: ReadCache,
): Promise<void> {
  await connection.listen(CHANNEL, {
    onMessage: (packageName) => (packageName === "" ? cache.forgetAll() : cache.forgetPackage(packageName)),
    onConnected: () => cache.forgetAll(),
  });
}
