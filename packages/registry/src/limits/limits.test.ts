// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../deps.ts";
import { makeScope, publish } from "../test/publisher.ts";
import { openTestRegistry, type TestRegistry } from "../test/registry.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
});
afterAll(() => registry.close());
beforeEach(() => registry.reset());

const from = (address: string) => ({ "x-forwarded-for": address });
function limit(rates: object, isShared = false): void {
  registry.override({
    limits: { ...DEFAULT_LIMITS, rates: { reads: 3, writes: 3, signIns: 3, ...rates } },
    access: { ...registry.deps.access, trustedProxies: 1 },
    isShared,
  });
}
async function statuses(count: number, path: string, headers: Record<string, string>) {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push((await registry.get(path, headers)).status);
  return all;
}

describe.each([
  ["one process", false],
  ["several processes", true],
])("limits of requests in %s", (_what, isShared) => {
  it("refuse a client that asks too much, and say when to come back", async () => {
    limit({}, isShared);
    expect(await statuses(4, "/api/v1/search", from("192.0.2.1"))).toEqual([200, 200, 200, 429]);
    const refused = await registry.get("/api/v1/search", from("192.0.2.1"));
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "RATE_LIMITED" } } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await statuses(1, "/api/v1/search", from("192.0.2.2"))).toEqual([200]);
  });

  it("count a token wherever it is used", async () => {
    limit({}, isShared);
    const headers = (address: string) => ({
      ...from(address),
      authorization: `Bearer ${registry.adminToken}`,
    });
    const all = [];
    for (const i of [1, 2, 3, 4]) all.push(...(await statuses(1, "/api/v1/whoami", headers(`192.0.2.${i}`))));
    expect(all).toEqual([200, 200, 200, 429]);
  });
});

describe("limits of requests", () => {
  it("take a whole IPv6 network for one client", async () => {
    limit({});
    const all = [];
    for (const address of ["2001:db8::1", "2001:db8:0:0:1::2", "2001:db8:0:0:ffff::", "2001:db8::4"])
      all.push(...(await statuses(1, "/api/v1/search", from(address))));
    expect(all).toEqual([200, 200, 200, 429]);
    expect(await statuses(1, "/api/v1/search", from("2001:db8:0:1::1"))).toEqual([200]);
  });

  it("do not hold for files, nor for the machine itself", async () => {
    limit({});
    expect(new Set(await statuses(9, "/registry.json", from("192.0.2.1")))).toEqual(new Set([200]));
    expect(new Set(await statuses(9, "/api/v1/search", from("127.0.0.1")))).toEqual(new Set([200]));
  });

  it("share what they counted among processes, and keep no token", async () => {
    const headers = { ...from("192.0.2.9"), authorization: `Bearer ${registry.adminToken}` };
    limit({}, true);
    await statuses(2, "/api/v1/whoami", headers);
    // Another process: its memory is empty.
    limit({}, true);
    expect(await statuses(2, "/api/v1/whoami", headers)).toEqual([200, 429]);
    const { rows } = (await registry.db.execute("select key from rate_limits")) as unknown as {
      rows: object[];
    };
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(registry.adminToken);
  });
});

describe("a scope's quota", () => {
  it("of versions refuses the next one, and stores nothing of it", async () => {
    registry.override({ limits: { ...DEFAULT_LIMITS, scopeQuota: { versions: 1 } } });
    const key = await makeScope(registry);
    expect((await publish(registry, key, { version: "1.0.0" })).answer.status).toBe(201);
    const before = await registry.stored();
    const { answer, signed } = await publish(registry, key, { version: "1.1.0" });
    expect(answer).toMatchObject({
      status: 403,
      body: { error: { code: "QUOTA_EXCEEDED", details: { kind: "versions", limit: 1, wouldHave: 2 } } },
    });
    expect(await registry.stored()).toEqual(before);
    expect((await registry.get(`/index/${signed.name}.json`)).body).not.toHaveProperty(["versions", "1.1.0"]);
  });

  it("of bytes counts a file once that several versions have", async () => {
    registry.override({ limits: { ...DEFAULT_LIMITS, scopeQuota: { bytes: 25_000 } } });
    const key = await makeScope(registry);
    const draft = (version: string) => ({
      version,
      files: { "README.md": new Uint8Array(10_000) },
      manifest: { readme: "README.md" },
    });
    for (const version of ["1.0.0", "1.1.0"])
      expect((await publish(registry, key, draft(version))).answer.status).toBe(201);
    const other = { ...draft("1.2.0"), files: { "README.md": new Uint8Array(20_000) } };
    expect((await publish(registry, key, other)).answer.status).toBe(403);
  });

  it("is told before anything is uploaded, to whoever says which package it is for", async () => {
    registry.override({ limits: { ...DEFAULT_LIMITS, scopeQuota: { bytes: 25_000 } } });
    await makeScope(registry);
    const before = await registry.staged();
    const ask = (blobs: object[], name?: string) =>
      registry.send("POST", "/api/v1/uploads", { ...(name === undefined ? {} : { package: name }), blobs });
    const blobs = [{ sha256: "0".repeat(64), sizeBytes: 25_001 }];
    expect(await ask(blobs, "@demo/upper")).toMatchObject({
      status: 403,
      body: { error: { code: "QUOTA_EXCEEDED", details: { kind: "bytes", limit: 25_000 } } },
    });
    expect((await ask([{ sha256: "0".repeat(64), sizeBytes: 25_000 }], "@demo/upper")).status).toBe(200);
    expect((await ask(blobs)).status).toBe(200);
    const stranger = await registry.makeToken(["publish-new"], { packages: ["@other/*"] });
    const body = { package: "@demo/upper", blobs };
    const headers = { authorization: `Bearer ${stranger}` };
    expect((await registry.send("POST", "/api/v1/uploads", body, headers)).status).toBe(403);
    expect(await registry.staged()).toEqual(before);
  });
});

describe("metrics", () => {
  it("are told to the machine itself, and count by route, not by path", async () => {
    registry.override({ access: { ...registry.deps.access, trustedProxies: 1 } });
    await registry.get("/index/@nobody/nothing.json");
    const { status, body } = await registry.get("/metrics", from("127.0.0.1"));
    expect(status).toBe(200);
    expect(body).toContain(
      'lora_request_seconds_count{method="GET",route="/index/:scope/:file",status="404"}',
    );
    expect(body).not.toContain("@nobody");
    expect((await registry.get("/metrics", from("192.0.2.1"))).status).toBe(404);
  });

  it("are told to whoever has the operator's secret, where there is one", async () => {
    registry.override({ access: { ...registry.deps.access, trustedProxies: 1 }, metricsToken: "abc" });
    const get = (headers: Record<string, string>) => registry.get("/metrics", headers);
    expect((await get({ ...from("192.0.2.1"), authorization: "Bearer abc" })).status).toBe(200);
    expect((await get({ ...from("192.0.2.1"), authorization: "Bearer abd" })).status).toBe(404);
    expect((await get(from("127.0.0.1"))).status).toBe(404);
  });
});

describe("/readyz", () => {
  it("is 200 while the services answer, and 503 with Retry-After while one does not", async () => {
    expect(await registry.get("/readyz")).toMatchObject({ status: 200, body: { status: "ready" } });
    registry.override({
      blobs: { ...registry.deps.blobs, check: () => Promise.reject(new Error("away")) },
    });
    const answer = await registry.get("/readyz");
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { message: "the registry is not ready: blobs" } },
    });
    expect(answer.headers.get("retry-after")).toBe("2");
    expect((await registry.get("/healthz")).status).toBe(200);
  });
});
