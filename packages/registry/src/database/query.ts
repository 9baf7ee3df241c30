// SPDX-License-Identifier: Apache-2.0
import type { sql } from "drizzle-orm";
import type { Queryable } from "./connection.ts";

/** The drivers wrap rows differently. */
export async function query<Row>(db: Queryable, statement: ReturnType<typeof sql>): Promise<Row[]> {
  const result: unknown = await db.execute(statement);
  return (Array.isArray(result) ? result : (result as { rows: Row[] }).rows) as Row[];
}
