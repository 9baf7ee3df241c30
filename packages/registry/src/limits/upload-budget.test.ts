// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BlobStore } from "../blobs/index.ts";
import { tables } from "../database/index.ts";
import { DEFAULT_LIMITS } from "../deps.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../test/registry.ts";

const MIB = 1024 ** 2;
const LIMIT_BYTES = 10 * MIB;
const PARTS_FROM_BYTES = 4 * MIB;
let registry: TestRegistry;
let headers: { authorization: string };
beforeAll(async () => {
  registry = await openTestRegistry();
});
afterAll(() => registry.close());
beforeEach(() => registry.reset());

/** Only what hands URLs out: a client PUTs past the registry. */
const direct = (): BlobStore => ({
  ...registry.deps.blobs,
  presignUpload: async ({ sha256 }) => ({ url: `https://s3.test/${sha256}`, headers: {} }),
  parts: {
    begin: async ({ sizeBytes }) =>
      sizeBytes < PARTS_FROM_BYTES ? undefined : { uploadId: "an-upload", partBytes: MIB, present: [] },
    presign: async (_claim, _owner, _uploadId, numbers) =>
      numbers.map((number) => ({ number, url: `https://s3.test/${number}`, headers: {} })),
    complete: async () => {},
  },
});

async function accountToken(id: string): Promise<{ authorization: string }> {
  const now = new Date();
  const times = { createdAt: now, updatedAt: now };
  const email = `${id}@example.org`;
  await registry.db
    .insert(tables.users)
    .values({ id, name: id, email, emailVerified: false, ...times })
    .onConflictDoNothing();
  return { authorization: `Bearer ${await registry.makeToken(["publish-new"], { userId: id })}` };
}

const blob = (name: string, sizeBytes: number) => ({ sha256: sha256Hex(name), sizeBytes });
const ask = (blobs: object[], as = headers) => registry.send("POST", "/api/v1/uploads", { blobs }, as);
const put = (bytes: Uint8Array, as = headers) =>
  registry.send("PUT", `/api/v1/uploads/sha256/${sha256Hex(bytes)}`, bytes, {
    "content-length": String(bytes.length),
    ...as,
  });
const refused = {
  status: 403,
  body: {
    error: {
      code: "QUOTA_EXCEEDED",
      details: { limitBytes: LIMIT_BYTES, retryAfterSeconds: expect.any(Number) },
    },
  },
};

describe.each([
  ["one process", false],
  ["several processes", true],
])("what an account may bring within a day, in %s", (_what, isShared) => {
  const limit = (blobs: BlobStore) =>
    registry.override({ limits: { ...DEFAULT_LIMITS, uploadBytes: LIMIT_BYTES }, isShared, blobs });

  beforeEach(async () => {
    headers = await accountToken("alice");
    limit(direct());
  });

  it("is counted where URLs are handed out, and once while the same blobs lack", async () => {
    const blobs = [blob("small", 3 * MIB), blob("big", 6 * MIB)];
    for (let i = 0; i < 3; i++) expect((await ask(blobs)).status).toBe(200);
    expect(await ask([blob("more", 2 * MIB)])).toMatchObject(refused);
    // Nothing of what was refused is counted.
    expect((await ask([blob("less", MIB)])).status).toBe(200);
    expect(await ask([blob("nothing", 0)])).toMatchObject(refused);
    expect((await ask(blobs)).status).toBe(200);
  });

  it("holds for the account's other tokens, for nobody else, and not for an operator", async () => {
    expect((await ask([blob("all", LIMIT_BYTES)])).status).toBe(200);
    expect(await ask([blob("more", 1)], await accountToken("alice"))).toMatchObject(refused);
    expect((await ask([blob("all", LIMIT_BYTES)], await accountToken("bob"))).status).toBe(200);
    const operator = { authorization: `Bearer ${registry.adminToken}` };
    expect((await ask([blob("huge", 3 * LIMIT_BYTES)], operator)).status).toBe(200);
  });

  it("is not passed by another size, or another upload, when parts are asked for", async () => {
    const big = blob("big", 6 * MIB);
    expect((await ask([big])).status).toBe(200);
    const parts = (sizeBytes: number, uploadId: string) =>
      registry.send(
        "POST",
        `/api/v1/uploads/sha256/${big.sha256}/parts`,
        { sizeBytes, uploadId, numbers: [1] },
        headers,
      );
    expect((await parts(6 * MIB, "an-upload")).status).toBe(200);
    expect(await parts(8 * MIB, "an-upload")).toMatchObject(refused);
    expect(await parts(6 * MIB, "another")).toMatchObject(refused);
    expect((await parts(6 * MIB, "an-upload")).status).toBe(200);
  });

  it("is counted by PUT, and stores nothing of what is refused", async () => {
    limit(registry.deps.blobs);
    const bytes = (fill: number, sizeBytes: number) => new Uint8Array(sizeBytes).fill(fill);
    expect((await put(bytes(1, 6 * MIB))).status).toBe(201);
    const before = await registry.staged();
    expect(await put(bytes(2, 5 * MIB))).toMatchObject(refused);
    expect(await registry.staged()).toEqual(before);
    expect((await put(bytes(3, 4 * MIB))).status).toBe(201);
  });

  it("is counted as it comes where no length was announced", async () => {
    limit(registry.deps.blobs);
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(MIB)),
    });
    const path = `/api/v1/uploads/sha256/${sha256Hex("endless")}`;
    const answer = await registry.request("PUT", path, {
      body: endless,
      duplex: "half",
      headers: { ...headers, "content-type": "application/octet-stream" },
    } as RequestInit);
    expect(answer).toMatchObject(refused);
    expect(await registry.staged()).toEqual([]);
  });
});

it("is the same for every process that shares the database, also after a start", async () => {
  headers = await accountToken("alice");
  const start = () =>
    registry.override({
      limits: { ...DEFAULT_LIMITS, uploadBytes: LIMIT_BYTES },
      isShared: true,
      blobs: direct(),
    });
  start();
  expect((await ask([blob("all", LIMIT_BYTES)])).status).toBe(200);
  start();
  expect((await ask([blob("all", LIMIT_BYTES)])).status).toBe(200);
  expect(await ask([blob("more", 1)])).toMatchObject(refused);
});
