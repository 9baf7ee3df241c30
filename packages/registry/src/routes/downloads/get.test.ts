// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startDownloadCounter } from "../../downloads/index.ts";
import { makeScope, publish } from "../../test/publisher.ts";
import { openTestRegistry, type TestRegistry } from "../../test/registry.ts";

const SIGNATURE = "/versions/@demo/pack/1.0.0/signature.json";
const SIGNATURE_2 = "/versions/@demo/pack/1.1.0/signature.json";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
});
afterAll(() => registry.close());
beforeEach(async () => {
  await registry.reset();
  const key = await makeScope(registry);
  for (const version of ["1.0.0", "1.1.0"]) await publish(registry, key, { version });
});

async function counts() {
  await registry.deps.downloads.flush();
  return (await registry.get("/api/v1/packages/@demo/pack/downloads")).body;
}
const today = () => new Date().toISOString().slice(0, 10);
const counter = (now?: () => Date) =>
  startDownloadCounter(registry.db, "of the tests", registry.deps.log, now);

describe("a download", () => {
  it("is a signature that is sent whole", async () => {
    await registry.get(SIGNATURE);
    expect(await counts()).toEqual({
      name: "@demo/pack",
      total: 1,
      days: [{ day: today(), count: 1 }],
      versions: { "1.0.0": 1 },
    });
  });

  it.each([
    ["a HEAD", "HEAD", {}],
    ["a 304", "GET", { "if-none-match": "*" }],
  ])("is not %s", async (_what, method, headers) => {
    await registry.raw(SIGNATURE, { method, headers });
    expect(await counts()).toMatchObject({ total: 0, days: [], versions: {} });
  });

  it("is not an index, a manifest or a blob", async () => {
    await registry.get("/index/@demo/pack.json");
    const manifest = await registry.get("/versions/@demo/pack/1.0.0/lora.json");
    const sha256 = manifest.headers.get("etag")?.slice(1, -1);
    expect((await registry.get(`/blobs/sha256/${sha256}`)).status).toBe(200);
    expect(await counts()).toMatchObject({ total: 0 });
  });

  it("is one for the same client on the same day, whichever process and whenever it is written", async () => {
    const [one, other] = [counter(), counter()];
    for (const each of [one, one, other]) {
      each.count(SIGNATURE, "192.0.2.1");
      each.count(SIGNATURE, "192.0.2.1");
      await each.flush();
    }
    other.count(SIGNATURE, "192.0.2.2");
    other.count(SIGNATURE_2, "192.0.2.1");
    await Promise.all([one.close(), other.close()]);
    expect(await counts()).toMatchObject({ total: 3, versions: { "1.0.0": 2, "1.1.0": 1 } });
  });

  it("is another one on another day", async () => {
    let now = new Date();
    const clock = counter(() => now);
    clock.count(SIGNATURE, "192.0.2.1");
    now = new Date(now.getTime() - 86_400_000);
    clock.count(SIGNATURE, "192.0.2.1");
    await clock.close();
    expect(await counts()).toMatchObject({
      total: 2,
      days: [
        { day: now.toISOString().slice(0, 10), count: 1 },
        { day: today(), count: 1 },
      ],
    });
  });

  it("orders a search, and is said of nobody's address", async () => {
    const key = await makeScope(registry, "@other");
    await publish(registry, key, { name: "@other/pack" });
    const names = async () => {
      const { body } = await registry.get("/api/v1/search?sort=downloads");
      return (body as { packages: { name: string }[] }).packages.map(({ name }) => name);
    };
    expect(await names()).toEqual(["@demo/pack", "@other/pack"]);
    const clients = counter();
    clients.count("/versions/@other/pack/1.0.0/signature.json", "192.0.2.1");
    await clients.close();
    expect(await names()).toEqual(["@other/pack", "@demo/pack"]);
    const { rows } = (await registry.db.execute("select * from download_clients")) as unknown as {
      rows: object[];
    };
    expect(JSON.stringify(rows)).not.toContain("192.0.2.1");
  });

  it("of a package that is not there is PACKAGE_NOT_FOUND", async () => {
    expect(await registry.get("/api/v1/packages/@demo/none/downloads")).toMatchObject({
      status: 404,
      body: { error: { code: "PACKAGE_NOT_FOUND" } },
    });
  });
});
