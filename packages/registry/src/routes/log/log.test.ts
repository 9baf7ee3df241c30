// SPDX-License-Identifier: Apache-2.0
import { parseScopeName } from "@lora/client/names";
import type { SigningKey } from "@lora/client/signing";
import {
  formatSignerKey,
  parseEntryBundle,
  parseLogEntry,
  parsePolicy,
  parseTile,
  rootOfHashes,
  signerKey,
  verifyCheckpoint,
  verifyReceipt,
} from "@lora/client/transparency";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tables } from "../../database/index.ts";
import { appendLogEntry, openLog } from "../../log/index.ts";
import { makeScope, publish, sign, upload } from "../../test/publisher.ts";
import { ORIGIN, openTestRegistry, sha256Hex, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let key: SigningKey;
beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  key = await makeScope(registry);
});
afterAll(() => registry.close());

async function policy() {
  const { logKey, clockKey } = (await registry.get("/registry.json")).body as Record<string, string>;
  return parsePolicy(`log ${logKey}\nwitness clock ${clockKey}\nquorum clock\n`);
}
const checkpoint = async () =>
  verifyCheckpoint((await registry.get("/log/checkpoint")).body as string, await policy());

describe("the log", () => {
  it("says who made the scope and what was published, yanked and taken back, in order", async () => {
    const { signed } = await publish(registry, key, { name: "@demo/pack" });
    await registry.send("PUT", `${signed.path}/yank`, { reason: "wrong" });
    await registry.send("DELETE", `${signed.path}/yank`);
    const { size, root } = await checkpoint();
    const bundle = await registry.bytes("/log/tile/entries/000.p/5");
    const entries = parseEntryBundle(bundle, 5).map(parseLogEntry);
    const { keyId } = key;
    const subject = { v: 1, pkg: "@demo/pack", version: "1.0.0" };
    expect(entries).toEqual([
      { v: 1, t: "scope.create", scope: "@demo", seq: 0, prev: null },
      { v: 1, t: "key.add", scope: "@demo", seq: 1, prev: 0, keyid: keyId, by: null },
      { ...subject, t: "publish", seq: 0, prev: null, id: signed.id, keyid: keyId },
      { ...subject, t: "yank", seq: 1, prev: 2 },
      { ...subject, t: "unyank", seq: 2, prev: 3 },
    ]);
    const hashes = parseTile(await registry.bytes("/log/tile/0/000.p/5"), { level: 0, index: 0, width: 5 });
    expect([size, rootOfHashes(hashes)]).toEqual([5, root]);
  });

  it("answers everybody who waits for the same entry", async () => {
    const { db, logWriter } = registry.deps;
    const scope = parseScopeName("@demo");
    const pending = await db.transaction((tx) =>
      appendLogEntry(tx, { t: "owner.add", scope, owner: "account" }),
    );
    const [one, other] = await Promise.all([logWriter.settle(pending), logWriter.settle(pending)]);
    expect([one.index, other.index]).toEqual([2, 2]);
  });

  it("has a signed checkpoint from the first start on, of nothing", async () => {
    await registry.reset();
    expect(await checkpoint()).toMatchObject({ size: 0, origin: "registry.test/log" });
  });

  it("lets a cache keep the checkpoint for seconds and tiles for ever", async () => {
    const newest = await registry.get("/log/checkpoint");
    expect(newest.headers.get("cache-control")).toBe("public, max-age=5");
    const etag = newest.headers.get("etag") ?? "";
    expect((await registry.get("/log/checkpoint", { "if-none-match": etag })).status).toBe(304);
    const tile = await registry.get("/log/tile/0/000.p/2");
    expect(tile.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const known = { "if-none-match": tile.headers.get("etag") ?? "" };
    expect((await registry.get("/log/tile/0/000.p/2", known)).status).toBe(304);
  });

  it.each([
    ["a width of no checkpoint", "/log/tile/0/000.p/1"],
    ["more than there is", "/log/tile/0/000.p/3"],
    ["a tile that is not full", "/log/tile/0/000"],
    ["a level that is not there", "/log/tile/1/000.p/1"],
    ["no path of a tile", "/log/tile/0/0"],
    ["entries that are not there", "/log/tile/entries/001.p/1"],
    ["a width above that of a tile", "/log/tile/0/000.p/256"],
  ])("has nothing for %s", async (_what, path) => {
    expect((await registry.get(path)).status).toBe(404);
  });
});

describe("a receipt", () => {
  it("is what the publisher was given, stays so, and proves the release", async () => {
    const { signed, answer } = await publish(registry, key, { name: "@demo/pack" });
    const { logIndex, receipt } = answer.body as { logIndex: number; receipt: string };
    await makeScope(registry, "@later");
    const served = await registry.get("/versions/@demo/pack/1.0.0/receipt");
    expect(served.body).toBe(receipt);
    expect(served.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const expected = { t: "publish", pkg: "@demo/pack", version: "1.0.0", id: signed.id, keyid: key.keyId };
    const proved = await verifyReceipt(receipt, await policy(), expected as never, logIndex);
    expect(proved.checkpoint.cosignatures).toHaveLength(1);
    expect((await registry.get("/versions/@demo/pack/1.0.1/receipt")).status).toBe(404);
  });
});

describe("a release that the log does not have yet", () => {
  it("is seen by nobody, and by everybody once it is in; the publish, repeated, then answers", async () => {
    await publish(registry, key, { name: "@demo/pack", version: "1.0.0" });
    const { deps } = registry;
    const before = (await registry.get("/index/@demo/pack.json")).body;
    // The process ends after the release was stored and before its entry is in the log.
    await deps.logWriter.close();
    const signed = await sign(key, {
      name: "@demo/pack",
      version: "2.0.0",
      manifest: { keywords: ["later"] },
    });
    const fresh = await sign(key, { name: "@demo/fresh", version: "1.0.0" });
    for (const each of [signed, fresh]) {
      await upload(registry, each);
      const answer = await registry.send("PUT", each.path, { bundle: each.bundle });
      expect(answer).toMatchObject({ status: 503, body: { error: { code: "SERVICE_UNAVAILABLE" } } });
    }
    const blob = `/blobs/sha256/${sha256Hex(signed.files.get("lora.json") ?? "")}`;
    const paths = [
      "/versions/@demo/pack/2.0.0/lora.json",
      "/versions/@demo/pack/2.0.0/signature.json",
      "/versions/@demo/pack/2.0.0/receipt",
      "/index/@demo/fresh.json",
      blob,
    ];
    expect((await registry.get("/index/@demo/pack.json")).body).toEqual(before);
    expect((await registry.get("/api/v1/search?keyword=later")).body).toMatchObject({ packages: [] });
    expect((await registry.get("/api/v1/search?q=fresh")).body).toMatchObject({ packages: [] });
    for (const path of paths) expect([path, (await registry.get(path)).status]).toEqual([path, 404]);
    const tag = await registry.send("PUT", "/api/v1/packages/@demo/pack/dist-tags/beta", {
      version: "2.0.0",
    });
    expect(tag).toMatchObject({ status: 404, body: { error: { code: "VERSION_NOT_FOUND" } } });
    const yank = await registry.send("PUT", `${signed.path}/yank`, { reason: "no" });
    expect(yank).toMatchObject({ status: 404 });

    const again = await openLog({ db: registry.db, blobs: deps.blobs, origin: ORIGIN, log: deps.log });
    Object.assign(deps, again);
    registry.override({});
    for (const path of paths) expect([path, (await registry.get(path)).status]).toEqual([path, 200]);
    const { versions } = (await registry.get("/index/@demo/pack.json")).body as { versions: object };
    expect(Object.keys(versions)).toEqual(["1.0.0", "2.0.0"]);
    expect((await registry.get("/api/v1/search?keyword=later")).body).toMatchObject({ total: 1 });
    const repeated = await registry.send("PUT", signed.path, { bundle: signed.bundle });
    const receipt = (await registry.get("/versions/@demo/pack/2.0.0/receipt")).body;
    expect(repeated).toMatchObject({ status: 200, body: { logIndex: 3, receipt } });
  });
});

describe("the clock", () => {
  it("says again that the checkpoint is the newest, and what it signs is the same tree", async () => {
    const { deps, db } = registry;
    const before = await checkpoint();
    await deps.logWriter.close();
    const later = () => new Date(Date.now() + 11 * 60 * 1000);
    Object.assign(deps, await openLog({ db, blobs: deps.blobs, origin: ORIGIN, log: deps.log, now: later }));
    const after = await checkpoint();
    expect([after.size, after.root]).toEqual([before.size, before.root]);
    const timeOf = ({ cosignatures }: typeof before) => cosignatures[0]?.timeSeconds ?? 0;
    expect(timeOf(after) - timeOf(before)).toBeGreaterThanOrEqual(600);
  });
});

describe("an operator's own key", () => {
  it("signs in the place of one in the database, and no other may take its place", async () => {
    const { db, deps } = registry;
    const ownKey = async (name: string) => formatSignerKey(await signerKey(name, "ed25519"));
    const given = await ownKey("registry.test/log");
    const open = (logKey?: string) =>
      openLog({ db, blobs: deps.blobs, origin: ORIGIN, log: deps.log, logKey }).then(
        async ({ logWriter, logKey: known }) => {
          await logWriter.close();
          return known;
        },
        (error) => error.code,
      );
    // The registry has a log key of its own by now.
    expect(await open(given)).toBe("USAGE");
    for (const table of [tables.settings, tables.logCheckpoints, tables.logEntries, tables.logHashes]) {
      await db.delete(table);
    }
    expect(await open(given)).toMatch(/^registry\.test\/log\+/);
    expect(await open(given)).toMatch(/^registry\.test\/log\+/);
    expect(await open()).toBe("USAGE");
    expect(await open(await ownKey("other.test/log"))).toBe("USAGE");
  });
});
