// SPDX-License-Identifier: Apache-2.0
import { bytesSource } from "@lora/client/byte-source";
import { type SearchResponse, searchResponseSchema } from "@lora/client/documents";
import { fingerprintBase } from "@lora/client/fingerprint";
import type { SigningKey } from "@lora/client/signing";
import { like } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tables } from "../../database/index.ts";
import { fixture, knowBase, makeScope, publish, upperEntry } from "../../test/publisher.ts";
import { openTestRegistry, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let demo: SigningKey;
let v1: string;
let v2: string;

const bundle = (name: string, manifest: Record<string, unknown> = {}, version = "1.0.0") =>
  publish(registry, name.startsWith("@demo/") ? demo : acme, { name, version, manifest });
let acme: SigningKey;

// A catalog for all tests: none of them leaves it changed.
beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
  demo = await makeScope(registry);
  acme = await makeScope(registry, "@acme-labs");
  v1 = await knowBase(registry);
  const second = await fingerprintBase(bytesSource(await fixture("v2/base-q8_0.gguf"), "base-q8_0.gguf"));
  v2 = second.fingerprint;
  await registry.send("PUT", `/api/v1/bases/${v2}`, second.record);

  const ability = async (version: string, adapters: unknown[], more: Record<string, unknown> = {}) => {
    const files: Record<string, Uint8Array> = {};
    for (const { file } of adapters as { file: string }[]) {
      files[file] = await fixture(file.endsWith("2.gguf") ? "v2/upper.gguf" : "v1/upper.gguf");
    }
    const manifest = { adapters, description: "Writes in capitals", license: "Apache-2.0", ...more };
    const { answer } = await publish(registry, demo, { name: "@demo/upper", version, files, manifest });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer));
  };
  const onV1 = await upperEntry();
  const onV2 = await upperEntry({ file: "upper2.gguf", base: { name: "tiny-say v2", fingerprint: v2 } });
  await ability("1.0.0", [onV1, onV2], { license: "MIT", keywords: ["Case"] });
  await ability("1.1.0", [onV1], { keywords: ["case", "letters"] });
  await ability("2.0.0", [onV1]);
  await registry.send("PUT", "/api/v1/packages/@demo/upper/versions/2.0.0/yank", { reason: "broken" });

  await bundle("@demo/sql", { description: "Asks databases", keywords: ["database", "queries"] });
  await bundle("@demo/sql-writer", { description: "Writes SQL for the schema in the prompt" });
  await bundle("@acme-labs/sql", { description: "Another dialect", license: "MIT" });
  await bundle("@acme-labs/poems", { description: "Пишет стихи, writing SQL never" });
  await bundle("@acme-labs/gone", { description: "Writes nothing" });
  await registry.send("PUT", "/api/v1/packages/@acme-labs/gone/versions/1.0.0/yank", { reason: "empty" });
});
afterAll(() => registry.close());

async function search(query: Record<string, string | number>): Promise<SearchResponse> {
  const params = new URLSearchParams(Object.entries(query).map(([k, v]): [string, string] => [k, String(v)]));
  const { status, body } = await registry.get(`/api/v1/search?${params}`);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return searchResponseSchema.parse(body);
}
const names = async (query: Record<string, string | number>) =>
  (await search(query)).packages.map(({ name }) => name as string);

describe("a package that is found", () => {
  it("is told of by its newest version that is not yanked", async () => {
    const { status, body, headers } = await registry.get("/api/v1/search?q=upper");
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    const upperBytes = await fixture("v1/upper.gguf");
    expect(body).toEqual({
      packages: [
        {
          name: "@demo/upper",
          version: "1.1.0",
          description: "Writes in capitals",
          license: "Apache-2.0",
          keywords: ["case", "letters"],
          publishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          bases: [{ name: "tiny-say v1", fingerprint: v1, rank: 8, sizeBytes: upperBytes.length }],
          isBundle: false,
        },
      ],
      total: 1,
    });
  });

  it("may lack everything that an author may leave out", async () => {
    await bundle("@demo/bare");
    const { packages } = await search({ q: "bare" });
    expect(packages).toEqual([
      {
        name: "@demo/bare",
        version: "1.0.0",
        keywords: [],
        publishedAt: expect.any(String),
        bases: [],
        isBundle: true,
      },
    ]);
    await registry.send("PUT", "/api/v1/packages/@demo/bare/versions/1.0.0/yank", { reason: "test" });
    expect(await search({ q: "bare" })).toEqual({ packages: [], total: 0 });
  });
});

describe("words", () => {
  it.each([
    ["the exact name first", "@acme-labs/sql", ["@acme-labs/sql"]],
    ["the exact name in other letters", " @ACME-Labs/SQL ", ["@acme-labs/sql"]],
    ["a name without its scope before others that have the word", "sql", ["@acme-labs/sql", "@demo/sql"]],
    ["a name of several words", "sql writer", ["@demo/sql-writer"]],
    ["a scope", "acme", ["@acme-labs/poems", "@acme-labs/sql"]],
    ["the beginning of a word", "capit", ["@demo/upper"]],
    ["another form of an English word", "capital", ["@demo/upper"]],
    ["a keyword", "letters", ["@demo/upper"]],
    ["a description in any script", "стихи", ["@acme-labs/poems"]],
    ["all words, not one", "database queries asks", ["@demo/sql"]],
    ["a letter too few", "uper", ["@demo/upper"]],
    ["a letter too many", "upperr", ["@demo/upper"]],
    ["another letter", "uppar", ["@demo/upper"]],
    ["two letters swapped", "uppre", ["@demo/upper"]],
    ["a slip in a description", "captials", ["@demo/upper"]],
  ])("find %s", async (_what, q, first) => {
    expect((await names({ q })).slice(0, first.length)).toEqual(first);
  });

  it("find no slips where enough is found without them", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `@demo/upperr-${i}`);
    await registry.db
      .insert(tables.packages)
      .values(
        names.map((name) => ({ name, scope: "@demo", createdAt: new Date(), indexText: "", indexEtag: "" })),
      );
    const add = (some: string[]) =>
      registry.db.insert(tables.searchEntries).values(
        some.map((name) => ({
          package: name,
          scope: "@demo",
          words: "demo upperr",
          vector: "'demo':1A 'upperr':2A",
          releasedAt: new Date(0),
        })),
      );
    await registry.db.insert(tables.searchWords).values({ word: "upperr" });
    await add(names.slice(0, 19));
    // With @demo/upper, which is a slip away.
    expect((await search({ q: "upperr" })).total).toBe(20);
    await add(names.slice(19));
    expect((await search({ q: "upperr" })).total).toBe(20);
    expect((await search({ q: "uppre" })).total).toBe(21);
    await registry.db
      .delete(tables.searchEntries)
      .where(like(tables.searchEntries.package, "@demo/upperr-%"));
    await registry.db.delete(tables.packages).where(like(tables.packages.name, "@demo/upperr-%"));
  });

  it.each([["nothinglikeit"], ["upper nothinglikeit"], ["gone"], ["broken"]])(
    "find nothing of %s",
    async (q) => {
      expect(await search({ q })).toEqual({ packages: [], total: 0 });
    },
  );

  it.each([
    "' | 'x",
    "'; drop table packages; --",
    "a & !b",
    "\\",
    "x:*A",
    "%",
    "\u0000upper",
    "𐀀".repeat(100),
  ])("are words only, whatever is in %j", async (q) => {
    const { status } = await registry.get(`/api/v1/search?q=${encodeURIComponent(q)}`);
    expect([200, 400]).toContain(status);
    expect(await registry.stored()).toMatchObject({ scopes: 2 });
  });
});

describe("filters", () => {
  const abilities = async (query: Record<string, string | number>) => {
    const { packages } = await search({ limit: 50, ...query });
    return packages.filter(({ isBundle }) => !isBundle).map(({ name, version }) => `${name} ${version}`);
  };

  it("take the newest version for the base", async () => {
    expect(await abilities({ base: v1 })).toEqual(["@demo/upper 1.1.0"]);
    expect(await abilities({ base: v2 })).toEqual(["@demo/upper 1.0.0"]);
    expect(await abilities({ base: `lfp1:${"0".repeat(64)}` })).toEqual([]);
  });

  it("take no adapter above the rank", async () => {
    expect(await abilities({ base: v1, maxRank: 8 })).toEqual(["@demo/upper 1.1.0"]);
    expect(await abilities({ base: v1, maxRank: 7 })).toEqual([]);
    expect(await abilities({ maxRank: 7 })).toEqual([]);
  });

  it("take an architecture", async () => {
    expect(await abilities({ architecture: "llama" })).toEqual(["@demo/upper 1.1.0"]);
    expect(await abilities({ architecture: "qwen2" })).toEqual([]);
  });

  it("let every bundle pass those three, and say that it is one", async () => {
    const { packages } = await search({ q: "sql", base: `lfp1:${"0".repeat(64)}`, maxRank: 1 });
    expect(packages.map(({ name, isBundle }) => [name, isBundle]).slice(0, 2)).toEqual([
      ["@acme-labs/sql", true],
      ["@demo/sql", true],
    ]);
  });

  it("take the newest version with the license or the keyword, in any case", async () => {
    expect(await abilities({ license: "mit" })).toEqual(["@demo/upper 1.0.0"]);
    expect(await abilities({ license: "Apache-2.0" })).toEqual(["@demo/upper 1.1.0"]);
    expect(await abilities({ keyword: "LETTERS" })).toEqual(["@demo/upper 1.1.0"]);
    expect(await abilities({ keyword: "letter" })).toEqual([]);
    expect(await abilities({ license: "MIT", keyword: "case", base: v2 })).toEqual(["@demo/upper 1.0.0"]);
  });

  it("take a scope", async () => {
    expect((await names({ scope: "@acme-labs" })).sort()).toEqual(["@acme-labs/poems", "@acme-labs/sql"]);
    expect(await names({ q: "sql", scope: "@demo" })).toEqual(["@demo/sql", "@demo/sql-writer"]);
  });

  it("that were left empty, as a form sends them, do not count", async () => {
    const { body } = await registry.get("/api/v1/search?q=upper&base=&license=&limit=&cursor=");
    expect(body).toMatchObject({ total: 1 });
  });
});

describe("order and pages", () => {
  it("without words, the newest release comes first", async () => {
    expect(await names({})).toEqual([
      "@acme-labs/poems",
      "@acme-labs/sql",
      "@demo/sql-writer",
      "@demo/sql",
      "@demo/upper",
    ]);
    expect(await names({ q: "sql", sort: "newest" })).toEqual([
      "@acme-labs/poems",
      "@acme-labs/sql",
      "@demo/sql-writer",
      "@demo/sql",
    ]);
  });

  it.each([[{}], [{ q: "sql" }], [{ q: "sql", sort: "newest" }], [{ base: "" }]])(
    "%j comes in pages that together are the whole",
    async (query) => {
      const whole = await search(query);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await search({ ...query, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        expect(page.total).toBe(whole.total);
        seen.push(...page.packages.map(({ name }) => name));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toEqual(whole.packages.map(({ name }) => name));
      expect(whole.total).toBe(seen.length);
    },
  );

  it("a package that is published between two pages moves no other", async () => {
    const first = await search({ limit: 2 });
    await bundle("@demo/between");
    const second = await names({ limit: 2, cursor: first.next ?? "" });
    expect(second).toEqual(["@demo/sql-writer", "@demo/sql"]);
    await registry.send("PUT", "/api/v1/packages/@demo/between/versions/1.0.0/yank", { reason: "test" });
  });
});

describe("what is refused", () => {
  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  it.each([
    ["q=!!!", "there is no word to search for"],
    [`q=${"x".repeat(201)}`, "the query: q"],
    ["q=a%00b", "the query: q: has control characters"],
    ["license=%00", "the query: license: has control characters"],
    ["keyword=%1B", "the query: keyword: has control characters"],
    ["base=llama", "the query: base: is not a fingerprint"],
    ["maxRank=high", "the query: maxRank"],
    ["maxRank=0", "the query: maxRank"],
    ["limit=51", "the query: limit"],
    ["limit=1.5", "the query: limit"],
    ["scope=demo", "the query: scope: is not a scope name"],
    ["sort=oldest", "the query: sort"],
    ["colour=red", "the query"],
    ["cursor=nonsense", "the cursor is not one that this search gave out"],
    [`cursor=${cursor(["relevance", 1, "@demo/upper"])}`, "the cursor is not"],
    [`cursor=${cursor(["newest", 1e300, "@demo/upper"])}`, "the cursor is not"],
    [`cursor=${cursor(["newest", -1, "@demo/upper"])}`, "the cursor is not"],
    [`cursor=${cursor(["newest", 1, "upper"])}`, "the cursor is not"],
    [`q=x&cursor=${cursor(["newest", 1, "@demo/upper"])}`, "the cursor is not"],
  ])("%s", async (query, message) => {
    const { status, body } = await registry.get(`/api/v1/search?${query}`);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: { code: "USAGE", message: expect.stringContaining(message) } },
    });
  });
});
