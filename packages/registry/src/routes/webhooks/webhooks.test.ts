// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { ACTIONS } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import { makeScope } from "../../test/publisher.ts";
import { assertSigned, type Receiver, startReceiver } from "../../test/receiver.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let receiver: Receiver;
beforeAll(async () => {
  registry = await openTestRegistry();
  receiver = await startReceiver((_received, count) => (count === 1 ? 500 : 204));
});
beforeEach(async () => {
  await registry.reset();
  registry.override({ isPrivateReceiverAllowed: true });
});
afterEach(() => receiver.received.splice(0));
afterAll(async () => {
  await receiver.close();
  await registry.close();
});

async function add(url: string, more: object = {}) {
  const { status, body } = await registry.send("POST", "/api/v1/webhooks", { url, ...more });
  expect(status).toBe(201);
  return body as { id: number; secret: string };
}

async function list() {
  const { body } = await registry.send("GET", "/api/v1/webhooks");
  return (body as { webhooks: unknown[] }).webhooks;
}

it("adds, shows, tests and removes", async () => {
  const { id, secret } = await add(receiver.url, { events: ["yank"] });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const listed = await list();
  expect(listed).toEqual([
    {
      id,
      url: receiver.url,
      events: ["yank"],
      createdAt: expect.any(String),
      failures: 0,
      waiting: 0,
      delivered: 0,
      givenUp: 0,
    },
  ]);
  const test = () => registry.send("POST", `/api/v1/webhooks/${id}/test`);
  expect(await test()).toMatchObject({ status: 502, body: { error: { code: "WEBHOOK_FAILED" } } });
  expect(await test()).toMatchObject({ status: 200, body: { id, outcome: "answered 204" } });
  const [, tested] = receiver.received;
  if (tested === undefined) throw new Error("nothing came");
  assertSigned(tested, secret);
  expect(tested.event).toMatchObject({ type: "webhook.test", data: { registry: ORIGIN } });
  expect((await registry.send("DELETE", `/api/v1/webhooks/${id}`)).status).toBe(200);
  expect(await list()).toEqual([]);
  expect((await registry.send("DELETE", `/api/v1/webhooks/${id}`)).status).toBe(404);
});

it.each([
  ["an address that is none", { url: "example.org" }],
  ["an event that is none", { url: "https://example.org/", events: ["deprecate"] }],
  ["no event", { url: "https://example.org/", events: [] }],
  ["a scope that is none", { url: "https://example.org/", scope: "demo" }],
  ["what it does not know", { url: "https://example.org/", secret: "mine" }],
])("refuses %s", async (_what, body) => {
  const answer = await registry.send("POST", "/api/v1/webhooks", body);
  expect(answer).toMatchObject({ status: 400, body: { error: { code: "USAGE" } } });
  expect(await list()).toEqual([]);
});

it("refuses private receivers without the operator's word", async () => {
  registry.override({});
  const url = receiver.url.replace("http:", "https:");
  for (const each of [receiver.url, url]) {
    expect((await registry.send("POST", "/api/v1/webhooks", { url: each })).status).toBe(400);
  }
});

it("refuses more than there may be", async () => {
  for (let i = 0; i < 20; i += 1) await add(`https://example.org/${i}`);
  const more = await registry.send("POST", "/api/v1/webhooks", { url: "https://example.org/" });
  expect(more).toMatchObject({ status: 400, body: { error: { code: "USAGE" } } });
});

it("is for an operator's token that is limited in nothing that counts", async () => {
  await makeScope(registry);
  const status = async (...token: Parameters<TestRegistry["makeToken"]>) => {
    const authorization = `Bearer ${await registry.makeToken(...token)}`;
    return (await registry.get("/api/v1/webhooks", { authorization })).status;
  };
  const operator = await account("root", true);
  expect(await status([...ACTIONS], { userId: operator })).toBe(200);
  expect(await status(["read", "yank"], { userId: operator })).toBe(403);
  expect(await status([...ACTIONS], { userId: operator, packages: ["@demo/*"] })).toBe(403);
  expect(await status([...ACTIONS], { userId: await account("alice", false) })).toBe(403);
});

/** The owner of a scope, or an operator. */
async function account(name: string, isOperator: boolean): Promise<string> {
  const now = new Date();
  const user = { id: `id-of-${name}`, name, email: `${name}@example.org`, emailVerified: false, isOperator };
  await registry.db.insert(tables.users).values({ ...user, createdAt: now, updatedAt: now });
  await registry.send("PUT", `/api/v1/scopes/@demo/owners/${name}`, { role: "owner" });
  return user.id;
}
