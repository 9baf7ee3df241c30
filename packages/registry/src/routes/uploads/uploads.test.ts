// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../../test/registry.ts";

const MAX_BYTES = 1000;
const bytes = new TextEncoder().encode("hello");
const sha256 = sha256Hex(bytes);
const path = `/api/v1/uploads/sha256/${sha256}`;
let registry: TestRegistry;

beforeAll(async () => {
  registry = await openTestRegistry({ maxBlobBytes: MAX_BYTES, stallMs: 200, jsonBodyMs: 200 });
});
beforeEach(() => registry.reset());
afterAll(() => registry.close());

const ask = (blobs: unknown) => registry.send("POST", "/api/v1/uploads", { blobs });

describe("asking what to upload", () => {
  it("names what is missing, and nothing that is there", async () => {
    const blobs = [{ sha256, sizeBytes: bytes.length }];
    expect(await ask(blobs)).toMatchObject({
      status: 200,
      body: { missing: [{ sha256, url: `/api/v1/uploads/sha256/${sha256}`, headers: {} }] },
    });
    await registry.send("PUT", path, bytes);
    expect(await ask(blobs)).toMatchObject({ status: 200, body: { missing: [] } });
    // Of another size it cannot be the same.
    expect(await ask([{ sha256, sizeBytes: 6 }])).toMatchObject({ body: { missing: [{ sha256 }] } });
  });

  it("says at once when a file is too large", async () => {
    expect(await ask([{ sha256, sizeBytes: MAX_BYTES + 1 }])).toMatchObject({
      status: 413,
      body: { error: { code: "PAYLOAD_TOO_LARGE", details: { maxBytes: MAX_BYTES } } },
    });
  });

  it.each([
    ["no blobs", []],
    ["too many", Array.from({ length: 201 }, () => ({ sha256, sizeBytes: 1 }))],
    ["a digest that is none", [{ sha256: "../../etc/passwd", sizeBytes: 1 }]],
    ["a size below zero", [{ sha256, sizeBytes: -1 }]],
    ["half a byte", [{ sha256, sizeBytes: 0.5 }]],
  ])("refuses %s", async (_what, blobs) => {
    expect(await ask(blobs)).toMatchObject({ status: 400, body: { error: { code: "USAGE" } } });
  });

  it("needs a token that may publish", async () => {
    const token = await registry.makeToken(["yank"]);
    const body = { blobs: [{ sha256, sizeBytes: 1 }] };
    const headers = { authorization: `Bearer ${token}` };
    expect((await registry.send("POST", "/api/v1/uploads", body, headers)).status).toBe(403);
    expect((await registry.send("POST", "/api/v1/uploads", body, { authorization: "" })).status).toBe(401);
  });
});

describe("an upload", () => {
  it("is kept under its digest, and may be repeated", async () => {
    expect(await registry.send("PUT", path, bytes)).toMatchObject({ status: 201, body: { sha256 } });
    expect(await registry.send("PUT", path, bytes)).toMatchObject({ status: 201 });
    expect(await registry.staged()).toEqual([sha256]);
  });

  it("of nothing is a file too", async () => {
    const empty = sha256Hex("");
    expect((await registry.send("PUT", `/api/v1/uploads/sha256/${empty}`, new Uint8Array())).status).toBe(
      201,
    );
    expect(await registry.staged()).toEqual([empty]);
  });

  it.each([
    ["other bytes than announced", 422, "DIGEST_MISMATCH", () => registry.send("PUT", path, bytes.slice(1))],
    [
      "a digest that is none",
      400,
      "USAGE",
      () => registry.send("PUT", "/api/v1/uploads/sha256/..%2f..%2fx", bytes),
    ],
    ["no token", 401, "UNAUTHENTICATED", () => registry.send("PUT", path, bytes, { authorization: "" })],
    ["an encoding", 400, "USAGE", () => registry.send("PUT", path, bytes, { "content-encoding": "gzip" })],
    [
      "more than it may have, as announced",
      413,
      "PAYLOAD_TOO_LARGE",
      () => registry.send("PUT", path, new Uint8Array(MAX_BYTES + 1)),
    ],
    [
      "more than it may have, unannounced",
      413,
      "PAYLOAD_TOO_LARGE",
      () =>
        stream(async function* () {
          for (;;) yield new Uint8Array(300);
        }),
    ],
    [
      "a body that stalls",
      408,
      "REQUEST_TIMEOUT",
      () =>
        stream(async function* () {
          yield bytes.subarray(0, 2);
          await new Promise(() => {});
        }),
    ],
    [
      "a connection that breaks",
      400,
      "USAGE",
      () =>
        stream(async function* () {
          yield bytes.subarray(0, 2);
          throw new Error("aborted");
        }),
    ],
  ])("leaves nothing behind when it has %s", async (_what, status, code, attempt) => {
    expect(await attempt()).toMatchObject({ status, body: { error: { code } } });
    expect(await registry.staged()).toEqual([]);
  });
});

/** An upload of unknown length. */
function stream(chunks: () => AsyncGenerator<Uint8Array>) {
  return registry.request("PUT", path, {
    headers: { authorization: `Bearer ${registry.adminToken}` },
    body: ReadableStream.from(chunks()) as ReadableStream<Uint8Array>,
    duplex: "half",
  } as RequestInit);
}
