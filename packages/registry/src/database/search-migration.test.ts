// SPDX-License-Identifier: Apache-2.0
/** A registry that ran before there was search: its packages and bases are found by name once it has migrated. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { DEFAULT_ACCESS, openAccounts } from "../accounts/index.ts";
import { createApp } from "../app.ts";
import { openFileBlobStore } from "../blobs/file-blob-store.ts";
import { DEFAULT_LIMITS } from "../deps.ts";
import { startDownloadCounter } from "../downloads/index.ts";
import { openLog } from "../log/index.ts";
import { createMetrics } from "../metrics/index.ts";
import { createReadCache } from "../read-cache/index.ts";
import { migrationsDirectory } from "./migrations-directory.ts";
import { openPglite } from "./pglite.ts";

const FINGERPRINT = `lfp1:${"a".repeat(64)}`;
const ROWS = `
  insert into scopes values ('@old', 'old', now());
  insert into packages select '@old/' || n, '@old', now(), '', '' from unnest(array['sql-writer', 'gone', 'all']) n;
  insert into bases (fingerprint, record_text, record_etag) values ('${FINGERPRINT}', '{"architecture":"llama","names":["Old/Base","old"]}', '');
  insert into versions (package, version, release_id, key_id, bundle, published_at, dependencies, optional_dependencies, conflicts, yanked)
    values ('@old/sql-writer', '1.0.0', repeat('a', 64), repeat('0', 64), '', '2026-01-01', '{}', '{}', '{}', null),
           ('@old/gone', '1.0.0', repeat('b', 64), repeat('0', 64), '', '2026-01-02', '{}', '{}', '{}', 'broken'),
           ('@old/all', '1.0.0', repeat('c', 64), repeat('0', 64), '', '2026-01-03', '{}', '{}', '{}', null);
  insert into blobs values ('d', 1000);
  insert into version_files select id, 'a.gguf', 'd' from versions where package = '@old/sql-writer';
  insert into adapters select id, 0, 'a.gguf', '${FINGERPRINT}', 'old', 8, 16, '[]' from versions where package = '@old/sql-writer';
`;

it("finds what was published before, by name and base", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lora-registry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const first = join(directory, "migrations");
  await cp(migrationsDirectory(), first, { recursive: true });
  const journalPath = join(first, "meta", "_journal.json");
  const journal = JSON.parse(await readFile(journalPath, "utf8"));
  await writeFile(journalPath, JSON.stringify({ ...journal, entries: journal.entries.slice(0, 1) }));
  const before = await PGlite.create({ dataDir: join(directory, "db") });
  await migrate(drizzle({ client: before }), { migrationsFolder: first });
  await before.exec(ROWS);
  await before.close();

  const { db, close } = await openPglite(join(directory, "db"));
  onTestFinished(close);
  const blobs = await openFileBlobStore(join(directory, "blobs"));
  const log = pino({ level: "silent" });
  const opened = await openLog({ db, blobs, origin: "https://registry.test", log });
  onTestFinished(opened.logWriter.close);
  const app = createApp({
    db,
    blobs,
    cache: createReadCache(),
    metrics: createMetrics({ isLogHalted: () => false }),
    isShared: false,
    downloads: startDownloadCounter(db, "", log),
    origin: "https://registry.test",
    ...opened,
    log,
    limits: DEFAULT_LIMITS,
    accounts: openAccounts(db, "https://registry.test", "closed"),
    access: DEFAULT_ACCESS,
  });
  const names = async (query: string) => {
    const answer = await app.request(`/api/v1/search?${query}`);
    const { packages } = (await answer.json()) as { packages: { name: string }[] };
    return packages.map(({ name }) => name);
  };
  expect(await names("")).toEqual(["@old/all", "@old/sql-writer"]);
  expect(await names("q=sql+wirter")).toEqual(["@old/sql-writer"]);
  expect(await names(`base=${FINGERPRINT}&maxRank=8&architecture=llama`)).toEqual([
    "@old/all",
    "@old/sql-writer",
  ]);
  expect(await names(`q=sql&base=lfp1:${"b".repeat(64)}`)).toEqual([]);
  const { bases } = (await (await app.request("/api/v1/bases?name=OLD/base")).json()) as { bases: unknown };
  expect(bases).toEqual([{ fingerprint: FINGERPRINT, architecture: "llama", names: ["old", "Old/Base"] }]);
});
