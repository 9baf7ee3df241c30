// SPDX-License-Identifier: Apache-2.0
import { lt } from "drizzle-orm";
import { type Database, tables } from "../database/index.ts";

/** More than the clocks of two processes differ: what is good for one is not to vanish by the other. */
const MARGIN_MS = 24 * 60 * 60 * 1000;

/**
 * Removes what has expired and nobody comes back for: anybody may begin a login, and few end one. Several processes may do
 * it at once.
 * @returns how many rows there were
 */
export async function sweepExpired(db: Database, now = new Date()): Promise<number> {
  const long = new Date(now.getTime() - MARGIN_MS);
  let swept = 0;
  for (const table of [tables.deviceCodes, tables.sessions, tables.verifications]) {
    const rows = await db.delete(table).where(lt(table.expiresAt, long)).returning({ id: table.id });
    swept += rows.length;
  }
  return swept;
}
