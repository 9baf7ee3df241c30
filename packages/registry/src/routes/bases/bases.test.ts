// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { bytesSource } from "@lora/client/byte-source";
import type { BasesResponse, SameBases } from "@lora/client/documents";
import {
  type BaseFingerprint,
  type BaseRecord,
  encodeNorms,
  fingerprintBase,
  fingerprintOf,
  parseBaseRecord,
} from "@lora/client/fingerprint";
import { parseLogEntry, parseReceipt } from "@lora/client/transparency";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { declareSame } from "../../bases/same.ts";
import { tables } from "../../database/index.ts";
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

describe("norms", () => {
  const at = (fingerprint: string) => `/bases/${fingerprint}/norms.safetensors`;
  const putNorms = (base: BaseFingerprint, of = base.fingerprint, headers = {}) =>
    registry.send("PUT", `/api/v1/bases/${of}/norms`, encodeNorms(base.norms), headers);
  const rows = async () => (await registry.db.select().from(tables.baseNorms)).length;

  it("are kept of a base that is known, once, and read by everybody", async () => {
    const base = await tinySayBase();
    expect((await putNorms(base)).status).toBe(404);
    await put(record);
    expect((await registry.get(at(record.fingerprint))).status).toBe(404);
    expect((await putNorms(base)).status).toBe(201);
    expect((await putNorms(base)).status).toBe(200);
    const bytes = await registry.bytes(at(record.fingerprint));
    expect(bytes).toEqual(Uint8Array.from(encodeNorms(base.norms)));
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    [
      "they are another base's",
      async () => putNorms(await convertedBase("gemma2"), record.fingerprint),
      422,
      "NORMS_MISMATCH",
    ],
    [
      "they are no file of norms",
      () => registry.send("PUT", `/api/v1/bases/${record.fingerprint}/norms`, new Uint8Array(9)),
      422,
      "SAFETENSORS_INVALID",
    ],
    [
      "the path is no fingerprint",
      async () => putNorms(await tinySayBase(), "lfp1:1" as never),
      400,
      "USAGE",
    ],
    [
      "there is no token",
      async () => putNorms(await tinySayBase(), record.fingerprint, { authorization: "" }),
      401,
      "UNAUTHENTICATED",
    ],
  ])("are refused where %s", async (_what, attempt, status, code) => {
    await put(record);
    expect(await attempt()).toMatchObject({ status, body: { error: { code } } });
    expect(await rows()).toBe(0);
  });
});

describe("bases that are the same", () => {
  const tell = async (base: BaseFingerprint) => {
    await put(base.record, base.fingerprint);
    await registry.send("PUT", `/api/v1/bases/${base.fingerprint}/norms`, encodeNorms(base.norms));
  };
  const sameOf = async ({ fingerprint }: BaseFingerprint) =>
    ((await registry.get(`/bases/${fingerprint}/same.json`)).body as SameBases).same;

  it("are declared once, on the evidence of their norms, and said once the log has it", async () => {
    const [bf16, fp16] = await Promise.all([convertedBase("gemma2"), convertedBase("gemma2-fp16")]);
    await Promise.all([tell(bf16), tell(fp16)]);
    expect(await sameOf(bf16)).toEqual([]);
    const declare = () => declareSame(registry.db, fp16.fingerprint, bf16.fingerprint, new Date());
    const { evidence, pending } = await declare();
    expect(evidence).toMatchObject({ verdict: "rounded", grid: "F16" });
    if (pending === undefined) throw new Error("nothing was declared");
    const { index, receipt } = await registry.deps.logWriter.settle(pending);
    expect(await sameOf(bf16)).toEqual([{ fingerprint: fp16.fingerprint, logIndex: index, receipt }]);
    expect(await sameOf(fp16)).toEqual([{ fingerprint: bf16.fingerprint, logIndex: index, receipt }]);
    const [a, b] = [bf16.fingerprint, fp16.fingerprint].sort();
    expect(parseLogEntry(parseReceipt(new TextEncoder().encode(receipt)).entry)).toEqual({
      v: 1,
      t: "base.same",
      seq: 0,
      prev: null,
      a,
      b,
    });
    expect((await declare()).pending).toBeUndefined();
  });

  it("are not declared where the norms say otherwise, or are not known", async () => {
    const [gemma, llama] = await Promise.all([convertedBase("gemma2"), convertedBase("llama-spm")]);
    await tell(gemma);
    const declare = () => declareSame(registry.db, gemma.fingerprint, llama.fingerprint, new Date());
    await expect(declare()).rejects.toMatchObject({ code: "BASE_UNKNOWN" });
    await tell(llama);
    await expect(declare()).rejects.toMatchObject({ code: "BASES_DIFFER" });
    expect(await registry.db.select().from(tables.sameBases)).toEqual([]);
    expect(await registry.db.select().from(tables.logPending)).toEqual([]);
    expect((await registry.get(`/bases/lfp1:${"0".repeat(64)}/same.json`)).status).toBe(404);
  });
});

function convertedBase(name: string): Promise<BaseFingerprint> {
  const path = new URL(
    `../../../../../test/fixtures/hugging-face-bases/${name}/converted.gguf`,
    import.meta.url,
  );
  return fingerprintBase(bytesSource(new Uint8Array(readFileSync(path)), name));
}
