// SPDX-License-Identifier: Apache-2.0
import type { PGlite } from "@electric-sql/pglite";

/** Below that any plan is quick. */
const MIN_ENTRIES = 1000;

/**
 * Tells the planner how much there is, and of what. A server does so by itself, in the background; in a process that serves
 * requests there is nobody for it, so it is done when the database is opened and has twice what it had the last time.
 */
export async function countRows(client: PGlite): Promise<void> {
  const { rows } = await client.query<{ is_due: boolean }>(
    `select count(*) > ${MIN_ENTRIES} and count(*) > 2 * (select reltuples from pg_class where oid = 'search_entries'::regclass)
       as is_due from search_entries`,
  );
  if (rows[0]?.is_due) await client.exec("vacuum analyze");
}
