// SPDX-License-Identifier: Apache-2.0
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listMigrations } from "../database/index.ts";
import { migrationsDirectory } from "../database/migrations-directory.ts";

/** All migrations, and one more, `9999_fails`: it makes a table and a column, and fails then. @param directory to be made */
export async function writeFailingMigrations(directory: string): Promise<void> {
  await cp(migrationsDirectory(), directory, { recursive: true });
  const path = join(directory, "meta", "_journal.json");
  const journal = JSON.parse(await readFile(path, "utf8"));
  const when = (listMigrations().at(-1)?.when ?? 0) + 1;
  const entry = { ...journal.entries.at(-1), when, tag: "9999_fails" };
  await writeFile(path, JSON.stringify({ ...journal, entries: [...journal.entries, entry] }));
  const statements = [
    "create table half_made (id int)",
    "alter table scopes add column half_made text",
    "select 1 / 0",
  ];
  await writeFile(join(directory, "9999_fails.sql"), statements.join(";\n--> statement-breakpoint\n"));
}
