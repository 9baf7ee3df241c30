// SPDX-License-Identifier: Apache-2.0
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createApp } from "../../app.ts";
import { ACTIONS, type Action, hashToken } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import { openTestRegistry, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  const now = new Date();
  for (const name of ["alice", "bob"]) {
    const times = { createdAt: now, updatedAt: now };
    await registry.db
      .insert(tables.users)
      .values({ id: name, name, email: `${name}@example.org`, emailVerified: false, ...times });
  }
});
afterAll(() => registry.close());

const tokenOf = (userId: string, actions: Action[] = [...ACTIONS], row = {}) =>
  registry.makeToken(actions, { userId, ...row });
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const create = (token: string, body: object) =>
  registry.send("POST", "/api/v1/tokens", { name: "ci", actions: ["read"], ...body }, as(token));
const days = (iso: unknown) => Math.round((Date.parse(String(iso)) - Date.now()) / 86_400_000);

it("makes a token for 30 days that only reads, and shows it once", async () => {
  const alice = await tokenOf("alice");
  const { status, body } = await create(alice, {});
  const made = body as { id: number; token: string; expiresAt: string; actions: string[] };
  expect([status, made.actions, days(made.expiresAt)]).toEqual([201, ["read"], 30]);
  const listed = (await registry.get("/api/v1/tokens", as(alice))).body as { tokens: { id: number }[] };
  expect(listed.tokens.map(({ id }) => id)).toContain(made.id);
  expect(JSON.stringify(listed)).not.toContain(made.token.slice(5));
  const stored = JSON.stringify(await registry.db.select().from(tables.tokens));
  expect(stored).not.toContain(made.token.slice(5));
  expect(registry.lines.join("")).not.toContain(made.token.slice(5));
});

it("makes no token that may do more than the one that makes it", async () => {
  const narrow = await tokenOf("alice", ["tokens", "read"]);
  expect((await create(narrow, { actions: ["read", "yank"] })).status).toBe(403);
  expect((await create(narrow, { actions: ["read", "tokens"] })).status).toBe(201);
  const limited = await tokenOf("alice", [...ACTIONS], { packages: ["@acme/*"] });
  expect((await create(limited, {})).status).toBe(403);
  const here = await tokenOf("alice", [...ACTIONS], { cidrs: ["192.0.2.0/24"] });
  registry.override({ access: { ...registry.deps.access, trustedProxies: 1 } });
  const headers = { ...as(here), "x-forwarded-for": "192.0.2.7" };
  expect((await registry.get("/api/v1/whoami", headers)).status).toBe(200);
  const anywhere = await registry.send("POST", "/api/v1/tokens", { name: "ci", actions: ["read"] }, headers);
  expect(anywhere.status).toBe(403);
});

it.each<[string, object]>([
  ["a year and a day", { expiresInDays: 366 }],
  ["no time", { expiresInDays: 0 }],
  ["nothing to do", { actions: [] }],
  ["what there is not", { actions: ["everything"] }],
  ["a pattern that is none", { packages: ["acme"] }],
  ["a network that is none", { networks: ["192.0.2.1"] }],
  ["a name with an escape in it", { name: "\u001b[2J" }],
])("refuses %s", async (_what, body) => {
  const { status } = await create(await tokenOf("alice"), body);
  expect(status).toBe(400);
});

it("revokes at once, and nobody else's", async () => {
  const [alice, bob] = [await tokenOf("alice"), await tokenOf("bob")];
  const { body } = await create(alice, {});
  const { id, token } = body as { id: number; token: string };
  const revoke = (by: string, which: string) =>
    registry.send("DELETE", `/api/v1/tokens/${which}`, undefined, as(by));
  expect((await revoke(bob, String(id))).status).toBe(404);
  expect((await registry.get("/api/v1/whoami", as(token))).status).toBe(200);
  expect((await revoke(alice, String(id))).status).toBe(200);
  expect((await registry.get("/api/v1/whoami", as(token))).status).toBe(401);
  expect((await revoke(alice, "current")).status).toBe(200);
  expect((await registry.get("/api/v1/whoami", as(alice))).status).toBe(401);
});

it("knows the last use to the hour, without a write for each request", async () => {
  const alice = await tokenOf("alice");
  const read = async () => {
    const [row] = await registry.db
      .select({ lastUsedAt: tables.tokens.lastUsedAt })
      .from(tables.tokens)
      .where(eq(tables.tokens.hash, hashToken(alice)));
    return row?.lastUsedAt?.getTime();
  };
  expect(await read()).toBeUndefined();
  await registry.get("/api/v1/whoami", as(alice));
  const first = await read();
  expect(first).toBeGreaterThan(Date.now() - 60_000);
  await registry.get("/api/v1/whoami", as(alice));
  expect(await read()).toBe(first);
});

it("takes a token from its own network, and believes only the operator's proxies", async () => {
  const token = await tokenOf("alice", [...ACTIONS], { cidrs: ["192.0.2.0/24"] });
  const status = async (trustedProxies: number, address: string, forwarded?: string) => {
    const app = createApp({ ...registry.deps, access: { ...registry.deps.access, trustedProxies } });
    const headers = { ...as(token), ...(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }) };
    const env = { incoming: { socket: { remoteAddress: address } } };
    return (await app.request("/api/v1/whoami", { headers }, env)).status;
  };
  expect(await status(0, "192.0.2.7")).toBe(200);
  expect(await status(0, "198.51.100.1")).toBe(403);
  expect(await status(0, "198.51.100.1", "192.0.2.7")).toBe(403);
  expect(await status(1, "10.0.0.1", "192.0.2.7")).toBe(200);
  expect(await status(1, "10.0.0.1", "192.0.2.7, 198.51.100.1")).toBe(403);
  expect(await status(2, "10.0.0.1", "192.0.2.7, 10.0.0.2")).toBe(200);
  expect(await status(1, "192.0.2.7")).toBe(403);
});
