// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ACTIONS } from "../auth/index.ts";
import { tables } from "../database/index.ts";
import { type Api, makeScope, publish, sign, upload } from "../test/publisher.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../test/registry.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(() => registry.reset());
afterAll(() => registry.close());

async function account(name: string): Promise<Api & { token: string }> {
  const now = new Date();
  await registry.db.insert(tables.users).values({
    id: name,
    name,
    email: `${name}@example.org`,
    emailVerified: false,
    createdAt: now,
    updatedAt: now,
  });
  const token = await registry.makeToken([...ACTIONS], { userId: name });
  return {
    token,
    send: (method, path, body, headers) =>
      registry.send(method, path, body, { authorization: `Bearer ${token}`, ...headers }),
  };
}
const README = new TextEncoder().encode("nobody else is to read this");
const withReadme = { files: { "README.md": README }, manifest: { readme: "README.md" } };
const readmePath = `/blobs/sha256/${sha256Hex(README)}`;

describe("a private package", () => {
  it("is private from its first version on where its scope is", async () => {
    const alice = await account("alice");
    const key = await makeScope(alice, "@alice");
    await alice.send("PUT", "/api/v1/scopes/@alice/visibility", { visibility: "private" });
    const { answer } = await publish(alice, key, { name: "@alice/diary", ...withReadme });
    expect(answer.status).toBe(201);
    for (const path of ["/index/@alice/diary.json", readmePath, "/versions/@alice/diary/1.0.0/lora.json"]) {
      expect([path, (await registry.get(path)).status]).toEqual([path, 404]);
      expect([path, (await alice.send("GET", path)).status]).toEqual([path, 200]);
    }
    expect((await registry.get("/api/v1/search?scope=@alice")).body).toMatchObject({ total: 0 });
    expect((await alice.send("GET", "/api/v1/search?scope=@alice")).body).toMatchObject({ total: 1 });
  });

  it("is private by its publish, in a scope that is not", async () => {
    const alice = await account("alice");
    const key = await makeScope(alice, "@alice");
    await publish(alice, key, { name: "@alice/open" });
    const signed = await sign(key, { name: "@alice/diary" });
    await upload(alice, signed);
    const answer = await alice.send("PUT", signed.path, { bundle: signed.bundle, visibility: "private" });
    expect(answer.status).toBe(201);
    expect((await registry.get("/index/@alice/diary.json")).status).toBe(404);
    expect((await registry.get("/index/@alice/open.json")).status).toBe(200);
  });

  it("hides and shows with its scope, unless it says otherwise itself", async () => {
    const alice = await account("alice");
    const key = await makeScope(alice, "@alice");
    await publish(alice, key, { name: "@alice/one", ...withReadme });
    await publish(alice, key, { name: "@alice/two" });
    const shown = async () =>
      Promise.all(["one", "two"].map(async (n) => (await registry.get(`/index/@alice/${n}.json`)).status));
    const set = (path: string, visibility: string | null) =>
      alice.send("PUT", `/api/v1/${path}/visibility`, { visibility });
    expect(await shown()).toEqual([200, 200]);
    await set("packages/@alice/two", "public");
    await set("scopes/@alice", "private");
    expect(await shown()).toEqual([404, 200]);
    expect((await registry.get(readmePath)).status).toBe(404);
    expect((await set("packages/@alice/two", null)).body).toEqual({
      name: "@alice/two",
      visibility: "private",
    });
    expect(await shown()).toEqual([404, 404]);
    await set("scopes/@alice", "public");
    expect(await shown()).toEqual([200, 200]);
    expect((await registry.get(readmePath)).status).toBe(200);
  });

  it("shares a file with a public package without hiding it there", async () => {
    const alice = await account("alice");
    const key = await makeScope(alice, "@alice");
    await publish(alice, key, { name: "@alice/hidden", ...withReadme });
    await alice.send("PUT", "/api/v1/packages/@alice/hidden/visibility", { visibility: "private" });
    expect((await registry.get(readmePath)).status).toBe(404);
    await publish(alice, key, { name: "@alice/shown", ...withReadme });
    expect((await registry.get(readmePath)).status).toBe(200);
    await alice.send("PUT", "/api/v1/packages/@alice/shown/visibility", { visibility: "private" });
    expect((await registry.get(readmePath)).status).toBe(404);
  });

  it("gives its files to nobody who only knows their digests", async () => {
    const [alice, eve] = [await account("alice"), await account("eve")];
    const key = await makeScope(alice, "@alice");
    await alice.send("PUT", "/api/v1/scopes/@alice/visibility", { visibility: "private" });
    await publish(alice, key, { name: "@alice/diary", ...withReadme });

    const evesKey = await makeScope(eve, "@thief");
    const signed = await sign(evesKey, { name: "@thief/copy", ...withReadme });
    const sha256 = sha256Hex(README);
    const asked = await eve.send("POST", "/api/v1/uploads", {
      blobs: [{ sha256, sizeBytes: README.length }],
    });
    expect(asked.body).toMatchObject({ missing: [{ sha256 }] });
    const manifest = signed.files.get("lora.json") as Uint8Array;
    await eve.send("PUT", `/api/v1/uploads/sha256/${sha256Hex(manifest)}`, manifest);
    const before = await registry.stored();
    const refused = await eve.send("PUT", signed.path, { bundle: signed.bundle });
    expect([refused.status, refused.body]).toMatchObject([409, { error: { code: "UPLOAD_MISSING" } }]);
    expect(await registry.stored()).toEqual(before);
    expect((await eve.send("GET", readmePath)).status).toBe(404);
    // Who has the bytes may publish them, of course.
    await upload(eve, signed);
    expect((await eve.send("PUT", signed.path, { bundle: signed.bundle })).status).toBe(201);
  });
});
