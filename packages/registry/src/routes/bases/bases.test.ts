// SPDX-License-Identifier: Apache-2.0
import type { BasesResponse } from "@lora/client/documents";
import { type BaseRecord, fingerprintOf, parseBaseRecord } from "@lora/client/fingerprint";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tinySayBase } from "../../test/publisher.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let record: BaseRecord;

beforeAll(async () => {
  registry = await openTestRegistry();
  record = (await tinySayBase()).record;
});
beforeEach(() => registry.reset());
afterAll(() => registry.close());

const put = (body: unknown, fingerprint: string = record.fingerprint, headers = {}) =>
  registry.send("PUT", `/api/v1/bases/${fingerprint}`, body, headers);
const get = () => registry.get(`/bases/${record.fingerprint}.json`);

describe("a base", () => {
  it("is told of once, and read by everybody", async () => {
    expect((await get()).status).toBe(404);
    expect(await put(record)).toMatchObject({ status: 201, body: { fingerprint: record.fingerprint } });
    const { status, body, headers } = await get();
    expect([status, headers.get("cache-control")]).toEqual([200, "public, max-age=10"]);
    expect(body).toEqual(record);
    expect(parseBaseRecord(JSON.stringify(body), "base").tensors).toEqual(record.tensors);
  });

  it("gathers names and builds, each once, the first first", async () => {
    const build = (content: string) => ({ sha256: sha256Hex(content), sizeBytes: 9, quantization: "Q4_0" });
    await put({ ...record, names: ["tiny-say"], builds: [build("a")] });
    const etag = (await get()).headers.get("etag");
    expect(
      await put({ ...record, names: ["tiny-say", "say"], builds: [build("b"), build("a")] }),
    ).toMatchObject({
      status: 200,
    });
    const { body, headers } = await get();
    expect(body).toEqual({ ...record, names: ["tiny-say", "say"], builds: [build("a"), build("b")] });
    expect(headers.get("etag")).not.toBe(etag);
  });

  it("told of by many at once keeps what each said", async () => {
    const names = Array.from({ length: 8 }, (_, i) => `name ${i}`);
    const answers = await Promise.all(names.map((name) => put({ ...record, names: [name] })));
    expect(answers.map((a) => a.status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(((await get()).body as BaseRecord).names.toSorted()).toEqual(names);
  });

  it("does not change in anything else", async () => {
    await put(record);
    await put({ ...record, ropeFreqBase: 1, names: [] });
    expect((await get()).body).toEqual(record);
  });

  it("keeps its names within what a client reads", async () => {
    const many = (from: number) => Array.from({ length: 60 }, (_, i) => `name ${from + i}`);
    await put({ ...record, names: many(0) });
    await put({ ...record, names: many(60) });
    const { names } = (await get()).body as BaseRecord;
    expect([names.length, names[0], names.at(-1)]).toEqual([100, "name 0", "name 99"]);
  });

  it.each([
    [
      "other shapes than its fingerprint has",
      () => put({ ...record, embeddingLength: 65 }),
      422,
      "BASE_RECORD_INVALID",
    ],
    [
      "another component",
      () => put({ ...record, components: { ...record.components, lineage: sha256Hex("x") } }),
      422,
      "BASE_RECORD_INVALID",
    ],
    ["the fingerprint of another", () => put(record, `lfp1:${sha256Hex("x")}`), 422, "BASE_RECORD_INVALID"],
    ["an unknown key", () => put({ ...record, weights: [1, 2, 3] }), 422, "BASE_RECORD_INVALID"],
    ["a path that is no fingerprint", () => put(record, "lfp1:12"), 400, "USAGE"],
    ["no token", () => put(record, record.fingerprint, { authorization: "" }), 401, "UNAUTHENTICATED"],
  ])("is not stored with %s", async (_what, attempt, status, code) => {
    expect(await attempt()).toMatchObject({ status, body: { error: { code } } });
    expect(await registry.stored()).toMatchObject({ bases: 0 });
  });
});

describe("the list of bases", () => {
  /** Another base: its tokenizer differs, which nobody can check without the model. */
  const other = () => {
    const components = { ...record.components, tokenizer: sha256Hex("other") };
    return { ...record, components, fingerprint: fingerprintOf(record.architecture, components) };
  };
  const list = (query: string) => registry.get(`/api/v1/bases${query}`);

  it("finds those of a name, in any case, and no part of one", async () => {
    await put({ ...record, names: ["meta/Tiny-Say", "tiny"] });
    await put({ ...other(), names: ["other"] }, other().fingerprint);
    const found = {
      fingerprint: record.fingerprint,
      architecture: "llama",
      names: ["meta/Tiny-Say", "tiny"],
    };
    expect(await list("?name=META/tiny-say")).toMatchObject({ status: 200, body: { bases: [found] } });
    expect((await list("?name=tiny-say")).body).toEqual({ bases: [] });
    await put({ ...record, names: ["tiny-say"] });
    expect(((await list("?name=tiny-say")).body as BasesResponse).bases[0]?.names).toContain("tiny-say");
  });

  it("has every base once, a page at a time, and every base of a name", async () => {
    await put({ ...record, names: ["say"] });
    await put({ ...other(), names: ["Say"] }, other().fingerprint);
    const sorted = [record.fingerprint, other().fingerprint].sort();
    const prints = (body: unknown) => (body as BasesResponse).bases.map((base) => base.fingerprint);
    expect(prints((await list("?name=say")).body)).toEqual(sorted);
    const first = (await list("?limit=1")).body as BasesResponse;
    expect([prints(first), first.next]).toEqual([sorted.slice(0, 1), sorted[0]]);
    const second = (await list(`?limit=1&after=${first.next}`)).body as BasesResponse;
    expect([prints(second), second.next]).toEqual([sorted.slice(1), undefined]);
  });

  it.each(["?limit=0", "?limit=101", "?after=x", "?name=a%0Ab", "?nick=tiny"])(
    "refuses %s",
    async (query) => {
      expect(await list(query)).toMatchObject({ status: 400, body: { error: { code: "USAGE" } } });
    },
  );
});
