// SPDX-License-Identifier: Apache-2.0
/** A log whose database is set back, or whose process dies between its two writes: never two trees of one size. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { parseScopeName } from "@lora/client/names";
import { generateSigningKey } from "@lora/client/signing";
import { parseCheckpoint, parseNote } from "@lora/client/transparency";
import { desc, gt, sql } from "drizzle-orm";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { BlobStore } from "../blobs/index.ts";
import { tables } from "../database/index.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { appendLogEntry } from "./append.ts";
import { type OpenLog, openLog } from "./open-log.ts";

const { logCheckpoints, logEntries, logHashes, logPending } = tables;

let registry: TestRegistry;
let open: OpenLog | undefined;
beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  // The tests open the log themselves, as a start does.
  await registry.deps.logWriter.close();
});
afterEach(async () => {
  await open?.logWriter.close();
  open = undefined;
});
afterAll(() => registry.close());

async function start(blobs: BlobStore = registry.deps.blobs) {
  await open?.logWriter.close();
  open = await openLog({ db: registry.db, blobs, origin: ORIGIN, log: pino({ level: "silent" }) });
  return open.logWriter;
}

const write = (scope: string) =>
  registry.db.transaction((tx) => appendLogEntry(tx, { t: "scope.create", scope: parseScopeName(scope) }));

async function newest() {
  const [row] = await registry.db.select().from(logCheckpoints).orderBy(desc(logCheckpoints.size)).limit(1);
  return parseCheckpoint(parseNote(row?.note ?? "").text);
}

/** As a restored backup would: of the entries above `size` there is no trace. */
async function setBackTo(size: number) {
  await registry.db.delete(logEntries).where(gt(logEntries.index, size - 1));
  await registry.db.delete(logCheckpoints).where(gt(logCheckpoints.size, size));
  await registry.db.delete(logHashes).where(gt(logHashes.index, size - 1));
}

/** The second place, from behind: a file beside the blobs. */
async function memoPaths(): Promise<string[]> {
  const names = (await readdir(registry.directory)).filter((name) => name.startsWith("memo-"));
  return names.map((name) => join(registry.directory, name));
}
const rememberedText = async () => readFile((await memoPaths())[0] ?? "", "utf8");
const remember = async (text: string) => writeFile((await memoPaths())[0] ?? "", text);

/** Writes what it is to remember, and then the process is gone. */
function dyingAfterMemo(blobs: BlobStore): BlobStore {
  return {
    ...blobs,
    async writeMemo(...args) {
      await blobs.writeMemo(...args);
      throw new LoraError("SERVICE_UNAVAILABLE", "killed");
    },
  };
}

it("signs nothing once the database was set back, and says so", async () => {
  const writer = await start();
  for (const scope of ["@one", "@two", "@three"]) await writer.settle(await write(scope));
  await setBackTo(2);
  const again = await start();
  expect(again.halted()).toMatchObject({ code: "LOG_HALTED", details: { signedSize: 3 } });
  await expect(again.settle(await write("@other"))).rejects.toMatchObject({ code: "LOG_HALTED" });
  expect((await newest()).size).toBe(2);
});

it("refuses a publish before anything of it is stored while it signs nothing", async () => {
  const writer = await start();
  await writer.settle(await write("@one"));
  await setBackTo(0);
  registry.override({ logWriter: await start() });
  const before = await registry.stored();
  const { publicPem: publicKeyPem } = await generateSigningKey();
  const answer = await registry.send("POST", "/api/v1/scopes", { scope: "@new", publicKeyPem });
  expect(answer).toMatchObject({ status: 503, body: { error: { code: "LOG_HALTED" } } });
  expect(await registry.stored()).toEqual(before);
});

it("goes on where a process died between remembering a checkpoint and committing it, with the very same tree", async () => {
  await (await start()).settle(await write("@one"));
  await open?.logWriter.close();
  await write("@two");
  await write("@three");
  await start(dyingAfterMemo(registry.deps.blobs));
  await open?.logWriter.close();
  const memo = await rememberedText();
  expect((await newest()).size).toBe(1);

  // What comes in between must not get into that tree.
  const late = await write("@late");
  const { index } = await (await start()).settle(late);
  expect(index).toBe(3);
  const { checkpoint } = JSON.parse(memo) as { checkpoint: string };
  const signed = parseCheckpoint(parseNote(checkpoint).text);
  const [row] = await registry.db.select().from(logCheckpoints).where(sql`size = 3`);
  expect(signed.size).toBe(3);
  expect(parseCheckpoint(parseNote(row?.note ?? "").text).root).toEqual(signed.root);
});

it("signs nothing where the entries of a remembered checkpoint are gone", async () => {
  await (await start()).settle(await write("@one"));
  await open?.logWriter.close();
  const { id } = await write("@two");
  await start(dyingAfterMemo(registry.deps.blobs));
  await registry.db.delete(logPending).where(sql`id = ${id}`);
  await open?.logWriter.close();
  await write("@other");
  expect((await start()).halted()).toMatchObject({ code: "LOG_HALTED" });
  expect((await newest()).size).toBe(1);
});

it("signs nothing beside another tree of the size that was signed", async () => {
  await (await start()).settle(await write("@one"));
  const before = await rememberedText();
  await open?.logWriter.close();
  await setBackTo(0);
  await remember("{}");
  await write("@two");
  expect((await start()).halted()).toMatchObject({ code: "LOG_HALTED" });

  await remember(before);
  expect((await start()).halted()).toMatchObject({ code: "LOG_HALTED" });
  expect(await registry.db.$count(logEntries)).toBe(0);
});

it("signs nothing on hashes that are not those of the tree", async () => {
  await (await start()).settle(await write("@one"));
  await registry.db.update(logHashes).set({ hash: Buffer.alloc(32).toString("base64") });
  await write("@two");
  expect((await start()).halted()).toMatchObject({ code: "LOG_HALTED" });
  expect((await newest()).size).toBe(1);
});

it("goes on when what was wrong is put right, without a restart", async () => {
  const writer = await start();
  await writer.settle(await write("@one"));
  const memo = await rememberedText();
  await remember("broken");
  const waiting = await write("@two");
  await expect(writer.step()).rejects.toMatchObject({ code: "LOG_HALTED" });
  await remember(memo);
  await writer.step();
  expect(writer.halted()).toBeUndefined();
  expect((await writer.settle(waiting)).index).toBe(1);
});

it("begins anew to remember where the second place has nothing", async () => {
  await (await start()).settle(await write("@one"));
  await registry.reset();
  await registry.deps.logWriter.close();
  expect(await memoPaths()).toEqual([]);
  const writer = await start();
  expect((await writer.settle(await write("@two"))).index).toBe(0);
  expect(await rememberedText()).toContain("registry.test/log");
});

it("remembers again what the second place has lost", async () => {
  const writer = await start();
  await writer.settle(await write("@one"));
  const old = await rememberedText();
  await writer.settle(await write("@two"));
  await remember(old);
  expect((await writer.settle(await write("@three"))).index).toBe(2);
  expect(await rememberedText()).toContain("\\n3\\n");
});
