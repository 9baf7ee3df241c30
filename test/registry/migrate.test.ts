// SPDX-License-Identifier: Apache-2.0
/** Migrations of a PostgreSQL apart from serving, as whoever may change no schema runs a registry. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../packages/registry/dist/index.js";
import { writeFailingMigrations } from "../../packages/registry/dist/test/failing-migrations.js";
import { httpApi, makeScope, publish } from "../../packages/registry/dist/test/publisher.js";
import { startTestRegistry } from "../support/registry.ts";
import { runRegistryCommand } from "../support/registry-command.ts";
import { createOwnServices } from "../support/service-databases.ts";
import { serviceUrl } from "../support/services.ts";

const postgres = serviceUrl("DATABASE_URL");

describe.skipIf(postgres === undefined)("lora-registry migrate", () => {
  let services: Awaited<ReturnType<typeof createOwnServices>>;
  let dataDirectory: string;
  beforeAll(async () => {
    services = await createOwnServices({ postgres: postgres ?? "" });
    dataDirectory = await mkdtemp(join(tmpdir(), "lora-migrate-"));
  });
  afterAll(async () => {
    await services?.close();
    await rm(dataDirectory, { recursive: true });
  });

  const run = (...args: string[]) =>
    runRegistryCommand([...args, "--data", dataDirectory], { ...services.env, LORA_MIGRATE: "off" });
  const query = async (text: string) => {
    const { db, close } = await openPostgres(services.databaseUrl, "leave");
    try {
      return (await db.execute(text)) as unknown as Record<string, unknown>[];
    } finally {
      await close();
    }
  };
  const serve = () => startTestRegistry({ dataDirectory, env: { ...services.env, LORA_MIGRATE: "off" } });

  it("--check lists what is missing and changes nothing; nothing is served until it is there", async () => {
    const { exitCode, stdout, stderr } = await run("migrate", "--check");
    expect([exitCode, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/^The database lacks \d+ migrations:\n {2}0000_registry\n/);
    const schemas = "select schema_name from information_schema.schemata where schema_name = 'drizzle'";
    expect(await query(schemas)).toEqual([]);
    expect(await run("serve", "--port", "0")).toMatchObject({
      exitCode: 78,
      stdout: "",
      stderr: expect.stringMatching(
        /^error: the database lacks migrations: 0000_registry, .+ \(SCHEMA_OUTDATED\)\n\nhint: lora-registry migrate\n$/,
      ),
    });
    expect(await query(schemas)).toEqual([]);
  });

  it("by two at once succeeds for both: one applies, the other finds nothing to do", async () => {
    const outcomes = await Promise.all([run("migrate"), run("migrate")]);
    expect(outcomes.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(outcomes.map(({ stdout }) => stdout.split(/[ :]/)[0]).sort()).toEqual(["Applied", "Nothing"]);
    expect(await run("migrate", "--check")).toEqual({
      exitCode: 0,
      stdout: "The database has all migrations.\n",
      stderr: "",
    });
  });

  it("leaves the schema as it was where one fails half-way", async () => {
    const failing = join(dataDirectory, "migrations");
    await writeFailingMigrations(failing);
    await expect(openPostgres(services.databaseUrl, "apply", failing)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: "migrations could not be applied: division by zero",
    });
    expect(await query("select to_regclass('half_made') as found")).toEqual([{ found: null }]);
    const columns = "select 1 from information_schema.columns where column_name = 'half_made'";
    expect(await query(columns)).toEqual([]);
    expect((await run("migrate", "--check")).exitCode).toBe(0);
  });

  it("is all that changes a schema: the registry runs on it, and on that of the next version", async () => {
    await query("create table table_of_the_next_version (id int primary key)");
    for (const table of ["versions", "packages", "log_pending", "log_entries", "webhooks"])
      await query(`alter table ${table} add column of_the_next_version text`);
    await query("insert into drizzle.__drizzle_migrations (hash, created_at) values ('next', 9999999999999)");
    await using registry = await serve();
    const api = httpApi(registry.url, registry.token);
    const key = await makeScope(api);
    const { answer } = await publish(api, key, { manifest: { registry: registry.url } });
    expect(answer.status).toBe(201);
    expect((await api.send("GET", "/api/v1/search?q=pack")).body).toMatchObject({ total: 1 });
    expect((await run("migrate", "--check")).stdout).toBe(
      "The database has all migrations.\nIt has 1 of a newer version of lora-registry.\n",
    );
  });
});
