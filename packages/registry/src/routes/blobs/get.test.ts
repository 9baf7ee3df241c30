// SPDX-License-Identifier: Apache-2.0
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeScope, publish } from "../../test/publisher.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../../test/registry.ts";

/** 0, 1, 2 … 255, 0, 1 …: every byte says where it is. Longer than one chunk of a stream. */
const content = Uint8Array.from({ length: 700_001 }, (_, i) => i);
const sha256 = sha256Hex(content);
const path = `/blobs/sha256/${sha256}`;
const size = content.length;
let registry: TestRegistry;

beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
  const { answer } = await publish(registry, await makeScope(registry), {
    files: { "README.md": content },
    manifest: { readme: "README.md" },
  });
  expect(answer.status).toBe(201);
});
afterAll(() => registry.close());

async function fetchBlob(headers: Record<string, string> = {}, method = "GET") {
  const answer = await registry.raw(path, { method, headers });
  return {
    status: answer.status,
    headers: answer.headers,
    bytes: new Uint8Array(await answer.arrayBuffer()),
  };
}

describe("a blob of a published version", () => {
  it("is served whole, to be kept for ever", async () => {
    const { status, headers, bytes } = await fetchBlob();
    expect([status, sha256Hex(bytes)]).toEqual([200, sha256]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=31536000, immutable, no-transform",
      "content-length": String(size),
      "content-type": "application/octet-stream",
      etag: `"${sha256}"`,
      "x-content-type-options": "nosniff",
    });
    expect(headers.get("content-encoding")).toBeNull();
  });

  it.each([
    ["bytes=0-0", 0, 1],
    ["bytes=10-19", 10, 20],
    ["bytes=262140-262150", 262_140, 262_151],
    [`bytes=${size - 5}-`, size - 5, size],
    ["bytes=-300001", size - 300_001, size],
    ["bytes=700000-99999999", 700_000, size],
  ])("is served in part: %s", async (range, from, to) => {
    const { status, headers, bytes } = await fetchBlob({ range });
    expect(status).toBe(206);
    expect(headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/${size}`);
    expect(headers.get("content-length")).toBe(String(to - from));
    expect(sha256Hex(bytes)).toBe(sha256Hex(content.subarray(from, to)));
  });

  it.each([["bytes=0-1,5-6"], ["bytes=5-4"], ["pages=1-2"]])("is served whole for %s", async (range) => {
    const { status, bytes } = await fetchBlob({ range });
    expect([status, bytes.length]).toEqual([200, size]);
  });

  it.each([[`bytes=${size}-`], ["bytes=-0"]])("has nothing at %s", async (range) => {
    const { status, headers, bytes } = await fetchBlob({ range });
    expect([status, headers.get("content-range"), bytes.length]).toEqual([416, `bytes */${size}`, 0]);
  });

  it("is resumed only where If-Range names this very content", async () => {
    const range = "bytes=5-";
    expect((await fetchBlob({ range, "if-range": `"${sha256}"` })).status).toBe(206);
    expect((await fetchBlob({ range, "if-range": '"something else"' })).status).toBe(200);
    expect((await fetchBlob({ range, "if-range": "Sat, 01 Nov 2025 00:00:00 GMT" })).status).toBe(200);
  });

  it("is described by HEAD, without regard to ranges", async () => {
    const { status, headers, bytes } = await fetchBlob({ range: "bytes=0-0" }, "HEAD");
    expect([status, headers.get("content-length"), bytes.length]).toEqual([200, String(size), 0]);
  });

  it("is not sent to whoever has it", async () => {
    const { status, bytes } = await fetchBlob({ "if-none-match": `"${sha256}"` });
    expect([status, bytes.length]).toEqual([304, 0]);
  });

  it("that is gone from the disk is the registry's fault, and says no more", async () => {
    await rm(join(registry.directory, "sha256", sha256.slice(0, 2), sha256));
    expect(await registry.get(path)).toMatchObject({
      status: 500,
      body: {
        error: {
          code: "STORE_CORRUPT",
          message: `the registry's own copy of the blob ${sha256} is damaged or gone`,
          details: { sha256 },
        },
      },
    });
    expect(registry.lines.join()).toContain("ENOENT");
  });
});

describe("nothing is served", () => {
  it("of an upload that no version refers to", async () => {
    const bytes = new TextEncoder().encode("not published");
    const put = await registry.send("PUT", `/api/v1/uploads/sha256/${sha256Hex(bytes)}`, bytes);
    expect(put.status).toBe(201);
    const { status, headers, body } = await registry.get(`/blobs/sha256/${sha256Hex(bytes)}`);
    expect([status, headers.get("cache-control")]).toEqual([404, "no-store"]);
    expect(body).toEqual({
      error: { code: "NOT_FOUND", message: `no published version has the blob ${sha256Hex(bytes)}` },
    });
  });

  it.each([
    ["..%2f..%2fdb%2fPG_VERSION"],
    ["%2e%2e%2f"],
    [sha256.toUpperCase()],
    [sha256.slice(1)],
    [`${sha256}0`],
    [`${sha256}%00`],
    [`${sha256}%0a`],
  ])("at %s", async (name) => {
    expect((await registry.get(`/blobs/sha256/${name}`)).status).toBe(404);
  });
});
