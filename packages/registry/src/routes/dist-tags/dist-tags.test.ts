// SPDX-License-Identifier: Apache-2.0
import { MAX_DIST_TAGS, parsePackageIndex } from "@lora/client/documents";
import type { SigningKey } from "@lora/client/signing";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tables } from "../../database/index.ts";
import { makeScope, publish } from "../../test/publisher.ts";
import { openTestRegistry, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let key: SigningKey;

beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  key = await makeScope(registry);
  for (const version of ["1.0.0", "1.1.0", "2.0.0-rc.1"]) await publish(registry, key, { version });
});
afterAll(() => registry.close());

const path = (tag: string, name = "@demo/pack") => `/api/v1/packages/${name}/dist-tags/${tag}`;
const set = (tag: string, version: unknown) => registry.send("PUT", path(tag), { version });
const remove = (tag: string) => registry.send("DELETE", path(tag));
const yank = (version: string) =>
  registry.send("PUT", `/api/v1/packages/@demo/pack/versions/${version}/yank`, { reason: "broken" });
const unyank = (version: string) =>
  registry.send("DELETE", `/api/v1/packages/@demo/pack/versions/${version}/yank`);
const tags = async () => {
  const { body } = await registry.get("/index/@demo/pack.json");
  return parsePackageIndex(JSON.stringify(body), "index").distTags;
};
const rows = async () => {
  const result = await registry.db.execute(sql`select tag, version from dist_tags order by tag`);
  return (result as unknown as { rows: unknown[] }).rows;
};

describe("a dist-tag", () => {
  it("names a version in the index file, moves, and is removed", async () => {
    const first = await set("beta", "2.0.0-rc.1");
    expect([first.status, first.body]).toEqual([
      200,
      { name: "@demo/pack", distTags: { latest: "1.1.0", beta: "2.0.0-rc.1" } },
    ]);
    const etag = (await registry.get("/index/@demo/pack.json")).headers.get("etag");
    expect((await set("beta", "2.0.0-rc.1")).body).toEqual(first.body);
    expect((await registry.get("/index/@demo/pack.json")).headers.get("etag")).toBe(etag);

    await set("beta", "1.0.0");
    expect(await tags()).toEqual({ latest: "1.1.0", beta: "1.0.0" });
    for (const _ of [1, 2]) {
      const removed = await remove("beta");
      expect([removed.status, removed.body]).toEqual([
        200,
        { name: "@demo/pack", distTags: { latest: "1.1.0" } },
      ]);
      expect(await tags()).toEqual({ latest: "1.1.0" });
    }
    expect(await rows()).toEqual([]);
  });

  it("stays out of the index file while its version is yanked", async () => {
    await set("stable", "1.0.0");
    await yank("1.0.0");
    expect(await tags()).toEqual({ latest: "1.1.0" });
    await unyank("1.0.0");
    expect(await tags()).toEqual({ latest: "1.1.0", stable: "1.0.0" });
  });

  it("cannot be set to a yanked version", async () => {
    await yank("1.0.0");
    const answer = await set("stable", "1.0.0");
    expect([answer.status, answer.body]).toEqual([
      409,
      {
        error: {
          code: "VERSION_YANKED",
          message: "@demo/pack 1.0.0 is yanked: broken",
          hint: "choose another version, or take the yank back: lora unyank @demo/pack@1.0.0",
        },
      },
    ]);
    expect(await rows()).toEqual([]);
  });

  it("may be called like something that every object has", async () => {
    await set("constructor", "1.0.0");
    expect(Object.entries(await tags())).toEqual([
      ["latest", "1.1.0"],
      ["constructor", "1.0.0"],
    ]);
  });
});

describe("latest", () => {
  it("stays where it was set, whatever is published, until it is removed", async () => {
    expect((await set("latest", "1.0.0")).body).toMatchObject({ distTags: { latest: "1.0.0" } });
    await publish(registry, key, { version: "1.2.0" });
    expect(await tags()).toEqual({ latest: "1.0.0" });
    expect((await remove("latest")).body).toEqual({ name: "@demo/pack", distTags: { latest: "1.2.0" } });
    expect((await remove("latest")).body).toEqual({ name: "@demo/pack", distTags: { latest: "1.2.0" } });
  });

  it("is the newest release while the version that it was set to is yanked", async () => {
    await set("latest", "1.0.0");
    await yank("1.0.0");
    expect(await tags()).toEqual({ latest: "1.1.0" });
    await unyank("1.0.0");
    expect(await tags()).toEqual({ latest: "1.0.0" });
  });
});

describe("what is refused", () => {
  it.each([
    ["1.x", 400, "USAGE"],
    ["v1", 400, "USAGE"],
    ["x", 400, "USAGE"],
    ["Beta", 400, "USAGE"],
    ["1.0.0", 400, "USAGE"],
    ["a".repeat(41), 400, "USAGE"],
    ["%E2%80%AEgnp", 400, "USAGE"],
    ["__proto__", 400, "USAGE"],
  ])("a tag called %s", async (tag, status, code) => {
    for (const attempt of [() => set(tag, "1.0.0"), () => remove(tag)]) {
      expect(await attempt()).toMatchObject({ status, body: { error: { code } } });
    }
    expect([await tags(), await rows()]).toEqual([{ latest: "1.1.0" }, []]);
  });

  it.each([
    ["a version that is none", "^1.0.0", 400, "USAGE"],
    ["a tag for a version", "latest", 400, "USAGE"],
    ["a version that is not there", "9.0.0", 404, "VERSION_NOT_FOUND"],
    ["no version", undefined, 400, "USAGE"],
  ])("%s", async (_what, version, status, code) => {
    expect(await set("beta", version)).toMatchObject({ status, body: { error: { code } } });
    expect([await tags(), await rows()]).toEqual([{ latest: "1.1.0" }, []]);
  });

  it("a package that is not there", async () => {
    const error = { code: "PACKAGE_NOT_FOUND", message: "there is no package @demo/none" };
    const put = await registry.send("PUT", path("beta", "@demo/none"), { version: "1.0.0" });
    expect([put.status, put.body]).toEqual([404, { error }]);
    const gone = await registry.send("DELETE", path("beta", "@demo/none"));
    expect([gone.status, gone.body]).toEqual([404, { error }]);
  });

  it("more tags than a package may have, but not the move of one", async () => {
    const values = Array.from({ length: MAX_DIST_TAGS }, (_, i) => ({
      package: "@demo/pack",
      tag: `tag-${i}`,
      version: "1.0.0",
    }));
    await registry.db.insert(tables.distTags).values(values);
    expect(await set("tag-0", "1.1.0")).toMatchObject({ status: 200 });
    expect(await set("one-more", "1.1.0")).toMatchObject({
      status: 400,
      body: { error: { code: "USAGE", message: "@demo/pack has 100 dist-tags already" } },
    });
    expect(await rows()).toHaveLength(MAX_DIST_TAGS);
  });

  it("a caller without a token that allows it", async () => {
    const weak = { authorization: `Bearer ${await registry.makeToken(["publish-new", "yank", "owners"])}` };
    for (const [headers, status] of [
      [{ authorization: "" }, 401],
      [weak, 403],
    ] as const) {
      expect((await registry.send("PUT", path("beta"), { version: "1.0.0" }, headers)).status).toBe(status);
      expect((await registry.send("DELETE", path("beta"), undefined, headers)).status).toBe(status);
    }
    expect(await rows()).toEqual([]);
  });
});
