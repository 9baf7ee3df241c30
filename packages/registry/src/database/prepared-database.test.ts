// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { expect, it, onTestFinished } from "vitest";
import type { Database } from "./connection.ts";
import { migrationsDirectory } from "./migrations-directory.ts";
import { openPglite } from "./pglite.ts";
import { preparedDatabasePath } from "./prepared-database.ts";

const rows = async (db: Database, text: string) =>
  ((await db.execute(sql.raw(text))) as unknown as { rows: Record<string, unknown>[] }).rows;

const SCHEMA = [
  "select table_name, column_name, data_type, is_nullable, column_default, generation_expression from information_schema.columns where table_schema = 'public' order by 1, 2",
  "select indexdef from pg_indexes where schemaname = 'public' order by 1",
  "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2",
  "select hash from drizzle.__drizzle_migrations order by id",
];

it("is what a build made, and has what the migrations make of nothing", async () => {
  expect(existsSync(await preparedDatabasePath())).toBe(true);
  const { db, close } = await openPglite();
  onTestFinished(close);
  const client = await PGlite.create({ extensions: { pg_trgm } });
  onTestFinished(() => client.close());
  const fromNothing = drizzle({ client });
  await migrate(fromNothing, { migrationsFolder: migrationsDirectory() });
  for (const query of SCHEMA)
    expect(await rows(db, query)).toEqual(await rows(fromNothing as unknown as Database, query));
});

it("is loaded again where the process ended while it was loaded, and never over a database", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lora-registry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "db");
  const first = await openPglite(path);
  await first.db.execute("insert into settings values ('origin', 'https://first.test')");
  await first.close();
  const second = await openPglite(path);
  expect(await rows(second.db, "select value from settings")).toEqual([{ value: "https://first.test" }]);
  await second.close();

  const half = join(directory, "half");
  await cp(path, half, { recursive: true });
  // PGlite writes it last.
  await rm(join(half, "PG_VERSION"));
  await rm(join(half, "base", "5"), { recursive: true });
  await truncate(join(half, "global", "pg_control"), 100);
  const again = await openPglite(half);
  onTestFinished(again.close);
  expect(await rows(again.db, "select value from settings")).toEqual([]);
  expect(await readFile(join(half, "PG_VERSION"), "utf8")).toMatch(/^\d+\n$/);
});
