// SPDX-License-Identifier: Apache-2.0
/** What is said of a version after its release: yanks and deprecations. */
import { parsePackageIndex } from "@lora/client/documents";
import type { SigningKey } from "@lora/client/signing";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeScope, publish, sign, upload } from "../../test/publisher.ts";
import { openTestRegistry, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let key: SigningKey;

beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  key = await makeScope(registry);
  await publish(registry, key, { version: "1.0.0" });
  await publish(registry, key, { version: "1.1.0" });
});
afterAll(() => registry.close());

const versionPath = (version = "1.1.0", name = "@demo/pack") =>
  `/api/v1/packages/${name}/versions/${version}`;
const readIndex = async () => {
  const { body, headers } = await registry.get("/index/@demo/pack.json");
  return { index: parsePackageIndex(JSON.stringify(body), "index"), etag: headers.get("etag") };
};
const storedNotes = async () => {
  const result = await registry.db.execute(
    sql`select version, yanked, deprecated from versions order by version`,
  );
  return (result as unknown as { rows: unknown[] }).rows;
};

describe.each([
  { what: "yank", field: "yanked", body: { reason: "wrong weights" }, text: "wrong weights", action: "yank" },
  {
    what: "deprecation",
    field: "deprecated",
    body: { message: "use 2.x" },
    text: "use 2.x",
    action: "publish-update",
  },
] as const)("a $what", ({ what, field, body, text, action }) => {
  const path = (version?: string, name?: string) => `${versionPath(version, name)}/${what}`;

  it("is told by the index file under a new ETag, and again by the same request", async () => {
    const before = await readIndex();
    const answer = await registry.send("PUT", path(), body);
    expect(answer.status).toBe(200);
    const logged = field === "yanked" ? { logIndex: 4 } : {};
    expect(answer.body).toEqual({ name: "@demo/pack", version: "1.1.0", [field]: text, ...logged });
    const after = await readIndex();
    expect(after.etag).not.toBe(before.etag);
    expect(after.index.versions["1.1.0" as never]).toEqual({
      ...before.index.versions["1.1.0" as never],
      [field]: text,
    });
    expect(after.index.versions["1.0.0" as never]).toEqual(before.index.versions["1.0.0" as never]);

    expect(await registry.send("PUT", path(), body)).toMatchObject({ status: 200, body: answer.body });
    expect(await readIndex()).toEqual(after);
  });

  it("is undone, and the index file is as it was; undoing again says the same", async () => {
    const before = await readIndex();
    await registry.send("PUT", path(), body);
    for (const _ of [1, 2]) {
      const answer = await registry.send("DELETE", path());
      expect(answer.status).toBe(200);
      const logged = field === "yanked" ? { logIndex: 5 } : {};
      expect(answer.body).toEqual({ name: "@demo/pack", version: "1.1.0", ...logged });
      expect(await readIndex()).toEqual(before);
    }
  });

  it("takes another text in the place of the first", async () => {
    await registry.send("PUT", path(), body);
    const [name] = Object.keys(body);
    const answer = await registry.send("PUT", path(), { [name as string]: "ранг – 中文 ok" });
    expect(answer.body).toMatchObject({ [field]: "ранг – 中文 ok" });
    expect((await readIndex()).index.versions["1.1.0" as never]?.[field as "yanked"]).toBe("ранг – 中文 ok");
  });

  const textName = Object.keys(body)[0] as string;
  it.each([
    ["no body", undefined, 400, "JSON_INVALID"],
    ["no text", { [textName]: "" }, 400, "USAGE"],
    ["nothing but blanks", { [textName]: "   " }, 400, "USAGE"],
    ["too long a text", { [textName]: "x".repeat(501) }, 400, "USAGE"],
    ["an escape sequence", { [textName]: "\u001b[31mred" }, 400, "USAGE"],
    ["a line feed", { [textName]: "a\nb" }, 400, "USAGE"],
    ["a turned direction", { [textName]: "a\u202eb" }, 400, "USAGE"],
    ["half a character", { [textName]: "a\ud800b" }, 400, "USAGE"],
    ["another key", { ...body, more: 1 }, 400, "USAGE"],
    ["a huge body", { [textName]: "x".repeat(9000) }, 413, "PAYLOAD_TOO_LARGE"],
  ])("is refused with %s, and nothing is stored", async (_what, sent, status, code) => {
    const [before, rows] = [await readIndex(), await storedNotes()];
    const answer = await registry.send("PUT", path(), sent);
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect([await readIndex(), await storedNotes()]).toEqual([before, rows]);
  });

  it.each([
    [
      "another package",
      () => path("1.0.0", "@demo/none"),
      404,
      "PACKAGE_NOT_FOUND",
      "there is no package @demo/none",
    ],
    ["another version", () => path("9.0.0"), 404, "VERSION_NOT_FOUND", "there is no @demo/pack 9.0.0"],
  ])("of %s is not found, put or deleted", async (_what, where, status, code, message) => {
    for (const method of ["PUT", "DELETE"]) {
      const answer = await registry.send(method, where(), method === "PUT" ? body : undefined);
      expect([answer.status, answer.body]).toEqual([status, { error: { code, message } }]);
    }
    expect(await registry.stored()).toMatchObject({ packages: 1, versions: 2 });
  });

  it.each(["v1", "latest", "1.1.0+build"])("of %s, which is no version, is refused", async (version) => {
    expect(await registry.send("PUT", path(version), body)).toMatchObject({
      status: 400,
      body: { error: { code: "VERSION_INVALID" } },
    });
  });

  it("needs a token that allows it", async () => {
    const before = await readIndex();
    const others = (["publish-new", "publish-update", "yank", "owners"] as const).filter((a) => a !== action);
    const weak = { authorization: `Bearer ${await registry.makeToken([...others])}` };
    const strong = { authorization: `Bearer ${await registry.makeToken([action])}` };
    for (const method of ["PUT", "DELETE"]) {
      const sent = method === "PUT" ? body : undefined;
      expect((await registry.send(method, path(), sent, { authorization: "" })).status).toBe(401);
      expect((await registry.send(method, path(), sent, weak)).status).toBe(403);
    }
    expect(await readIndex()).toEqual(before);
    expect((await registry.send("PUT", path(), body, strong)).status).toBe(200);
  });
});

describe("latest", () => {
  const latest = async () => (await readIndex()).index.distTags.latest;

  it("is never a yanked version, and comes back with an unyank", async () => {
    await registry.send("PUT", `${versionPath()}/yank`, { reason: "x" });
    expect(await latest()).toBe("1.0.0");
    await registry.send("PUT", `${versionPath("1.0.0")}/yank`, { reason: "x" });
    expect((await readIndex()).index.distTags).toEqual({});
    await registry.send("DELETE", `${versionPath()}/yank`);
    expect(await latest()).toBe("1.1.0");
  });
});

describe("several at once", () => {
  it("and publishes among them, are all in the index file", async () => {
    const drafts = await Promise.all(["2.0.0", "2.1.0"].map((version) => sign(key, { version })));
    for (const signed of drafts) await upload(registry, signed);
    const answers = await Promise.all([
      registry.send("PUT", `${versionPath("1.0.0")}/yank`, { reason: "a" }),
      registry.send("PUT", drafts[0]?.path ?? "", { bundle: drafts[0]?.bundle }),
      registry.send("PUT", `${versionPath("1.1.0")}/deprecation`, { message: "b" }),
      registry.send("PUT", drafts[1]?.path ?? "", { bundle: drafts[1]?.bundle }),
      registry.send("PUT", `${versionPath("1.1.0")}/yank`, { reason: "c" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 201, 200, 201, 200]);
    const { index } = await readIndex();
    const told = Object.entries(index.versions).map(([v, { yanked, deprecated }]) => [v, yanked, deprecated]);
    expect(told).toEqual([
      ["1.0.0", "a", undefined],
      ["1.1.0", "c", "b"],
      ["2.0.0", undefined, undefined],
      ["2.1.0", undefined, undefined],
    ]);
    expect(index.distTags).toEqual({ latest: "2.1.0" });
  });
});
