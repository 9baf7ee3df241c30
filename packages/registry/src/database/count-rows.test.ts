// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { expect, it, onTestFinished } from "vitest";
import type { Queryable } from "./connection.ts";
import { openPglite } from "./pglite.ts";
import { query } from "./query.ts";

it("an embedded database knows how much it has once it is opened with twice as much", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lora-registry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "db");
  const known = async (db: Queryable) => {
    const [row] = await query<{ n: number }>(
      db,
      sql`select reltuples::int as n from pg_class where relname = 'search_entries'`,
    );
    return row?.n;
  };
  const first = await openPglite(path);
  expect(await known(first.db)).toBeLessThanOrEqual(0);
  await first.db.execute(sql`insert into scopes (name, skeleton, created_at) values ('@t', 't', now())`);
  await first.db.execute(sql`insert into packages (name, scope, created_at, index_text, index_etag)
    select '@t/p' || i, '@t', now(), '', '' from generate_series(1, 1500) as i`);
  await first.db.execute(sql`insert into search_entries (package, scope, words, vector, released_at)
    select name, scope, '', '', now() from packages`);
  await first.close();
  const second = await openPglite(path);
  onTestFinished(second.close);
  expect(await known(second.db)).toBe(1500);
});
