// SPDX-License-Identifier: Apache-2.0
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFileBlobStore } from "../blobs/file-blob-store.ts";
import type { BlobStore } from "../blobs/index.ts";
import { tables } from "../database/index.ts";
import { openLog } from "../log/index.ts";
import { type Api, fixture, knowBase, makeScope, publish, upperEntry } from "../test/publisher.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { backUp } from "./back-up.ts";
import { readTableNames } from "./backup-format.ts";
import { restore } from "./restore.ts";

const STRANGE = 'a\u2028b\u2029c\n"\\ \u0085 𝄞';

let source: TestRegistry;
let target: TestRegistry;
let directory: string;
/** Of a good backup, made once. */
let good: string;
let blobs: BlobStore;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-backup-"));
  source = await openTestRegistry();
  target = await openTestRegistry();
  await source.reset();
  await target.reset();
  const key = await makeScope(source);
  await knowBase(source);
  const files = { "upper.gguf": await fixture("v1/upper.gguf") };
  await publish(source, key, { name: "@demo/upper", files, manifest: { adapters: [await upperEntry()] } });
  await publish(source, key, { name: "@demo/upper", version: "1.1.0" });
  await source.db
    .insert(tables.downloads)
    .values({ package: STRANGE, version: "", day: "2026-11-01", count: 7 });
  good = join(directory, "good");
  await backUp({ database: source, blobs: source.deps.blobs }, ORIGIN, good);
});
beforeEach(async () => {
  const empty = (await readTableNames(target.db)).map((name) => `"${name}"`).join();
  await target.deps.logWriter.close();
  await target.db.execute(`truncate ${empty} restart identity`);
  blobs = await openFileBlobStore(await mkdtemp(join(directory, "blobs-")));
});
afterAll(async () => {
  await source.close();
  await target.close();
  await rm(directory, { recursive: true });
});

const into = (from: string, isRollbackAccepted = true, store = blobs) =>
  restore({ database: target, blobs: store }, { directory: from, isRollbackAccepted });

async function rowsOf(registry: TestRegistry): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const name of await readTableNames(registry.db)) {
    const result = await registry.db.execute(`select t::text as line from "${name}" t order by 1`);
    all[name] = (result as unknown as { rows: { line: string }[] }).rows.map(({ line }) => line);
  }
  return all;
}

async function copyOf(name: string): Promise<string> {
  const copy = join(directory, name);
  await cp(good, copy, { recursive: true });
  return copy;
}

describe("a backup", () => {
  it("is restored with every row and every blob as it was, and its log goes on", async () => {
    await into(good);
    expect(await rowsOf(target)).toEqual(await rowsOf(source));
    for (const row of await source.db.select().from(tables.blobs)) {
      expect(await blobs.isStored(row as never)).toBe(true);
    }
    const { logWriter, logKey } = await openLog({ db: target.db, blobs, origin: ORIGIN });
    expect(logKey).toBe(source.deps.logKey);
    target.override({ blobs, logWriter });
    const api: Api = {
      send: (method, path, body) =>
        target.send(method, path, body, { authorization: `Bearer ${source.adminToken}` }),
    };
    const key = await makeScope(api, "@other");
    const { answer } = await publish(api, key, { name: "@other/pack" });
    expect(answer).toMatchObject({ status: 201, body: { logIndex: 6 } });
    await logWriter.close();
  });

  it("has webhooks with their secrets, and nothing that would be sent to them twice", async () => {
    const now = new Date();
    const { webhookDeliveries, webhooks } = tables;
    const hook = { url: "https://a.example/", secret: "whsec_x", createdAt: now };
    const [{ id: webhookId = 0 } = {}] = await source.db.insert(webhooks).values(hook).returning();
    const waiting = { webhookId, messageId: "msg_1", body: "{}", createdAt: now, nextAttemptAt: now };
    await source.db.insert(webhookDeliveries).values(waiting);
    const made = join(directory, "with-webhooks");
    await backUp({ database: source, blobs: source.deps.blobs }, ORIGIN, made);
    await source.db.delete(webhooks);
    await into(made);
    expect(await target.db.select().from(webhooks)).toMatchObject([{ secret: "whsec_x" }]);
    expect(await target.db.select().from(webhookDeliveries)).toMatchObject([
      { messageId: "msg_1", settledAt: expect.any(Date), outcome: "given-up" },
    ]);
  });

  it("is for its owner alone", async () => {
    for (const entry of await readdir(good, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect((mode & 0o777).toString(8)).toBe(entry.isDirectory() ? "700" : "600");
    }
  });

  it("is not written into a directory with anything in it", async () => {
    const before = await readFile(join(good, "backup.json"), "utf8");
    const again = backUp({ database: source, blobs: source.deps.blobs }, ORIGIN, good);
    await expect(again).rejects.toMatchObject({ code: "USAGE" });
    expect(await readFile(join(good, "backup.json"), "utf8")).toBe(before);
  });
});

describe("a restore is refused, and no row is there, of", () => {
  it.each<[string, string, (copy: string) => Promise<unknown>]>([
    ["a backup that was not finished", "FILE_NOT_FOUND", (copy) => rm(join(copy, "backup.json"))],
    ["one whose list is cut off", "JSON_INVALID", (copy) => truncate(join(copy, "backup.json"), 100)],
    [
      "one with a table cut off",
      "DIGEST_MISMATCH",
      (copy) => truncate(join(copy, "tables/versions.jsonl"), 90),
    ],
    [
      "one with a table emptied",
      "DIGEST_MISMATCH",
      (copy) => truncate(join(copy, "tables/log_entries.jsonl")),
    ],
    ["one without a table", "FILE_NOT_FOUND", (copy) => rm(join(copy, "tables/settings.jsonl"))],
    [
      "one with a row changed",
      "DIGEST_MISMATCH",
      async (copy) => {
        const path = join(copy, "tables/scopes.jsonl");
        await writeFile(path, (await readFile(path, "utf8")).replace("@demo", "@evil"));
      },
    ],
    [
      "one with a blob cut off",
      "DIGEST_MISMATCH",
      async (copy) => truncate(join(copy, "blobs", (await readdir(join(copy, "blobs")))[0] as string), 5),
    ],
    [
      "one with a blob lost",
      "FILE_NOT_FOUND",
      async (copy) => rm(join(copy, "blobs", (await readdir(join(copy, "blobs")))[0] as string)),
    ],
    [
      "one of another version",
      "USAGE",
      async (copy) => {
        const path = join(copy, "backup.json");
        const backup = JSON.parse(await readFile(path, "utf8"));
        await writeFile(path, JSON.stringify({ ...backup, migrations: ["of another"] }));
      },
    ],
  ])("%s", async (what, code, spoil) => {
    const copy = await copyOf(what.replaceAll(" ", "-"));
    await spoil(copy);
    await expect(into(copy)).rejects.toMatchObject({ name: "LoraError", code });
    expect(Object.values(await rowsOf(target)).flat()).toEqual([]);
  });

  it("any, where there is a registry", async () => {
    await target.db.insert(tables.settings).values({ key: "origin", value: "https://other.example" });
    await expect(into(good)).rejects.toMatchObject({ code: "USAGE" });
    expect(Object.values(await rowsOf(target)).flat()).toHaveLength(1);
  });

  it("one whose log may have gone on, unless the operator says so", async () => {
    await expect(into(good, false)).rejects.toMatchObject({
      code: "USAGE",
      hint: "where this is its newest backup, pass --accept-rollback",
    });
    expect(Object.values(await rowsOf(target)).flat()).toEqual([]);
  });

  it("one whose log did go on, whatever the operator says; beside the blobs of that moment it needs no word", async () => {
    const kept = await openFileBlobStore(source.directory);
    expect(await into(good, false, kept)).toMatchObject({ origin: ORIGIN });
    const empty = (await readTableNames(target.db)).map((name) => `"${name}"`).join();
    await target.db.execute(`truncate ${empty} restart identity`);
    await makeScope(source, "@later");
    await expect(into(good, true, kept)).rejects.toMatchObject({ code: "LOG_HALTED" });
    expect(Object.values(await rowsOf(target)).flat()).toEqual([]);
  });
});
