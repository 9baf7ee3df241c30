// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runMigrate } from "../commands/migrate.ts";
import { readTableNames } from "../operations/backup-format.ts";
import { writeFailingMigrations } from "../test/failing-migrations.ts";
import type { DatabaseConnection } from "./connection.ts";
import { listMigrations, type MigrationMode, readMigrationState } from "./migrate.ts";
import { openPglite } from "./pglite.ts";

const NEWEST = listMigrations().at(-1)?.when ?? 0;
let directory: string;
let failing: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-migrate-"));
  failing = join(directory, "migrations");
  await writeFailingMigrations(failing);
  for (const name of ["one", "two", "three"]) await mkdir(data(name));
});
afterAll(() => rm(directory, { recursive: true }));

const data = (name: string) => join(directory, name);
async function use<Result>(
  open: Promise<DatabaseConnection>,
  work: (connection: DatabaseConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await open;
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
const migrate = (name: string, isCheck: boolean) =>
  runMigrate({ kind: "migrate", isCheck, isJson: true, options: { dataDirectory: data(name) } });
const open = (name: string, mode?: MigrationMode, migrations?: string) =>
  openPglite(join(data(name), "db"), mode, migrations);

it("a migration that fails half-way leaves the schema as it was, and says what failed", async () => {
  await use(open("one"), async () => {});
  await expect(open("one", "apply", failing)).rejects.toMatchObject({
    code: "MIGRATION_FAILED",
    message: "migrations could not be applied: division by zero",
    details: { pending: ["9999_fails"] },
  });
  await use(open("one", "leave"), async ({ db }) => {
    expect(await readTableNames(db)).not.toContain("half_made");
    expect(await readMigrationState(db, failing)).toEqual({ pending: ["9999_fails"], newer: 0 });
    await db.execute("select name from scopes");
    await expect(Promise.resolve(db.execute("select half_made from scopes"))).rejects.toThrow();
  });
});

it("where nothing is to be applied, one that is missing is named, also where there is no database yet", async () => {
  await use(open("two"), async () => {});
  await use(open("two", "require"), async ({ applied }) => expect(applied).toEqual([]));
  await expect(open("two", "require", failing)).rejects.toMatchObject({
    code: "SCHEMA_OUTDATED",
    message: "the database lacks migrations: 9999_fails",
    hint: "lora-registry migrate",
  });
  await expect(open("nothing", "require")).rejects.toMatchObject({ code: "SCHEMA_OUTDATED" });
  expect(await migrate("nothing", true)).toMatchObject({ exitStatus: 1 });
  await expect(readFile(data("nothing"))).rejects.toMatchObject({ code: "ENOENT" });
});

it("a database of the next version is opened, and nothing done to it", async () => {
  await use(open("three"), ({ db }) =>
    db
      .execute(
        sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('next', ${NEWEST + 1})`,
      )
      .then(() => {}),
  );
  for (const mode of ["require", "apply"] as const)
    await use(open("three", mode), async ({ applied }) => expect(applied).toEqual([]));
  expect(await migrate("three", true)).toEqual({ text: '{"pending":[],"newer":1}\n', exitStatus: 0 });
  expect(await migrate("three", false)).toEqual({ text: '{"applied":[]}\n', exitStatus: 0 });
});
