// SPDX-License-Identifier: Apache-2.0
/** Processes of one version run on the schema of the next while they are replaced one after another. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readTableNames } from "../operations/backup-format.ts";
import { makeScope, publish } from "../test/publisher.ts";
import { openTestRegistry } from "../test/registry.ts";
import { migrationsDirectory } from "./migrations-directory.ts";

const statements = readdirSync(migrationsDirectory())
  .filter((name) => name.endsWith(".sql") && !name.startsWith("0000_"))
  .flatMap((name) =>
    readFileSync(join(migrationsDirectory(), name), "utf8")
      .split("--> statement-breakpoint")
      .map((statement) => [name, statement.trim()] as const),
  );

it.each(statements)("%s takes nothing away: %s", (_name, statement) => {
  expect(statement).not.toMatch(/\bdrop (?:table|column|schema|type)\b/i);
  expect(statement).not.toMatch(/\brename\b|\bset not null\b|\balter column \S+ set data type\b/i);
  if (/\badd column\b/i.test(statement) && /\bnot null\b/i.test(statement))
    expect(statement).toMatch(/\bdefault\b|\bgenerated always as\b/i);
});

it("works on a schema that has more columns and tables than it knows", async () => {
  const registry = await openTestRegistry();
  onTestFinished(registry.close);
  for (const name of await readTableNames(registry.db))
    await registry.db.execute(`alter table "${name}" add column of_the_next_version text`);
  await registry.db.execute("create table table_of_the_next_version (id int primary key)");
  await registry.reset();
  const key = await makeScope(registry);
  expect((await publish(registry, key, {})).answer.status).toBe(201);
  expect(
    (await registry.send("PUT", "/api/v1/packages/@demo/pack/versions/1.0.0/yank", { reason: "x" })).status,
  ).toBe(200);
  for (const path of [
    "/index/@demo/pack.json",
    "/versions/@demo/pack/1.0.0/receipt",
    "/api/v1/search?q=pack",
  ])
    expect((await registry.get(path)).status).toBe(200);
});
