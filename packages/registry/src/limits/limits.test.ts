// SPDX-License-Identifier: Apache-2.0
import { generateSigningKey } from "@lora/client/signing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAccounts } from "../accounts/index.ts";
import { createApp } from "../app.ts";
import { generateToken } from "../auth/index.ts";
import { tables } from "../database/index.ts";
import { DEFAULT_LIMITS } from "../deps.ts";
import { makeScope, publish } from "../test/publisher.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { DEFAULT_RATE_LIMITS, limitSignIns, MAX_ORGANISATIONS, MAX_SCOPES } from "./index.ts";

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

  it("count an account by all of its tokens, and nobody by a token that is none", async () => {
    limit({});
    const now = new Date();
    await registry.db
      .insert(tables.users)
      .values({ id: "a", name: "a", email: "a@b.co", emailVerified: false, createdAt: now, updatedAt: now });
    const all = [];
    for (const i of [1, 2, 3, 4]) {
      const authorization = `Bearer ${await registry.makeToken(["read"], { userId: "a" })}`;
      all.push(...(await statuses(1, "/api/v1/whoami", { ...from(`192.0.2.${i}`), authorization })));
    }
    expect(all).toEqual([200, 200, 200, 429]);
    const forged = { authorization: `Bearer ${generateToken()}` };
    for (const i of [5, 6, 7, 8])
      expect(await statuses(1, "/api/v1/whoami", { ...from(`192.0.2.${i}`), ...forged })).toEqual([401]);
  });

  it("take clients whose address a proxy should have told for one", async () => {
    limit({});
    expect(await statuses(4, "/api/v1/search", {})).toEqual([200, 200, 200, 429]);
    expect(await statuses(1, "/api/v1/search", from("127.0.0.1, nonsense"))).toEqual([429]);
  });

  it("leave room for whoever waits for the approval of a login, and for who approves it", async () => {
    limit(DEFAULT_RATE_LIMITS);
    const post = (path: string, body: object) => registry.send("POST", path, body, from("192.0.2.1"));
    const { body } = await post("/api/v1/login", { label: "a laptop" });
    const { deviceCode } = body as { deviceCode: string };
    // Two minutes of two people, every two seconds.
    const waiting = [];
    for (let i = 0; i < 60; i++) waiting.push((await post("/api/v1/login/token", { deviceCode })).status);
    expect(new Set(waiting)).toEqual(new Set([200]));
    const headers = { ...from("192.0.2.1"), origin: ORIGIN };
    expect((await registry.send("POST", "/api/auth/sign-out", {}, headers)).status).toBe(200);
  });

  it("of tries to sign in to one account hold from however many addresses", async () => {
    limit({});
    const accounts = openAccounts(
      registry.db,
      ORIGIN,
      "open",
      limitSignIns({ ...DEFAULT_RATE_LIMITS, signIns: 1 }, registry.db),
    );
    registry.override({ access: { ...registry.deps.access, trustedProxies: 1 }, accounts });
    const signIn = (email: string, i: number) =>
      registry.send(
        "POST",
        "/api/auth/sign-in/email",
        { email, password: "guess number 1" },
        {
          ...from(`192.0.2.${i}`),
          origin: ORIGIN,
        },
      );
    const all = [];
    for (const i of [1, 2, 3, 4]) all.push((await signIn("alice@example.org", i)).status);
    expect(all).toEqual([401, 401, 401, 401]);
    const refused = await signIn("Alice@Example.org", 5);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "RATE_LIMITED" } } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await signIn("bob@example.org", 5)).status).toBe(401);
    const kept = JSON.stringify(await registry.db.select().from(tables.rateLimits));
    expect(kept).not.toContain("example.org");
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

describe("an account's names", () => {
  const PEM = async () => (await generateSigningKey()).publicPem;
  /** An account that owns as much as it may. */
  async function fillUp(): Promise<string> {
    const now = new Date();
    const times = { createdAt: now, updatedAt: now };
    await registry.db
      .insert(tables.users)
      .values({ id: "a", name: "a", email: "a@b.co", emailVerified: false, ...times });
    const names = Array.from({ length: MAX_SCOPES }, (_, i) => `@s${i}`);
    await registry.db
      .insert(tables.scopes)
      .values(names.map((name) => ({ name, skeleton: name, createdAt: now })));
    await registry.db
      .insert(tables.scopeMembers)
      .values(names.map((scope) => ({ scope, userId: "a", role: "owner", addedAt: now })));
    const ids = Array.from({ length: MAX_ORGANISATIONS }, (_, i) => `o${i}`);
    await registry.db
      .insert(tables.organisations)
      .values(ids.map((id) => ({ id, name: id, createdAt: now })));
    await registry.db
      .insert(tables.organisationMembers)
      .values(ids.map((organisationId) => ({ organisationId, userId: "a", role: "owner", addedAt: now })));
    return registry.makeToken(["owners"], { userId: "a" });
  }

  it("are so many at most, and an operator's any number", async () => {
    const authorization = `Bearer ${await fillUp()}`;
    const before = await registry.stored();
    const scope = { scope: "@one-more", publicKeyPem: await PEM() };
    const refused = (kind: string) => ({
      status: 403,
      body: { error: { code: "QUOTA_EXCEEDED", details: { kind, limit: 100 } } },
    });
    const send = (path: string, body: object) => registry.send("POST", path, body, { authorization });
    expect(await send("/api/v1/scopes", scope)).toMatchObject(refused("scopes"));
    expect(await send("/api/v1/organisations", { name: "one-more" })).toMatchObject(refused("organisations"));
    expect(await registry.stored()).toEqual(before);
    // The organisation has none yet.
    expect((await send("/api/v1/scopes", { ...scope, organisation: "o1" })).status).toBe(201);
    const other = { ...scope, scope: "@different" };
    expect((await registry.send("POST", "/api/v1/scopes", other)).status).toBe(201);
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

  it("are not told to whom a proxy of the machine brings that nobody spoke of", async () => {
    const incoming = { socket: { remoteAddress: "127.0.0.1" } };
    const app = createApp(registry.deps);
    const get = (headers: Record<string, string>) => app.request("/metrics", { headers }, { incoming });
    expect((await get({})).status).toBe(200);
    expect((await get(from("127.0.0.1"))).status).toBe(404);
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
