// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ACTIONS } from "../auth/index.ts";
import { tables } from "../database/index.ts";
import { takeDown } from "../operations/take-down.ts";
import { makeScope, publish, sign, upload } from "../test/publisher.ts";
import { assertSigned, type Receiver } from "../test/receiver.ts";
import { ORIGIN, sha256Hex } from "../test/registry.ts";
import { testWebhooks } from "./webhook-tests.test.support.ts";

const PACK = "/api/v1/packages/@demo/pack/versions/1.0.0";
const tests = testWebhooks();
const { add, deliver, receive, settled } = tests;

describe("an event", () => {
  it("says what was published, as the documentation shows it", async () => {
    const receiver = await receive();
    const { secret } = await add(receiver.url);
    const token = await tests.registry.makeToken([...ACTIONS], { userId: await account("alice") });
    const as = { authorization: `Bearer ${token}` };
    const signed = await sign(tests.key, { name: "@demo/pack" });
    await upload(tests.registry, signed);
    const { status, body } = await tests.registry.send("PUT", signed.path, { bundle: signed.bundle }, as);
    const { logIndex } = body as { logIndex: number };
    expect(status).toBe(201);
    await deliver();
    await receiver.waitFor(1);
    const [received] = receiver.received;
    if (received === undefined) throw new Error("nothing came");
    assertSigned(received, secret);
    const manifest = signed.files.get("lora.json") as Uint8Array;
    expect(received.event).toEqual({
      type: "version.publish",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: {
        registry: ORIGIN,
        package: "@demo/pack",
        version: "1.0.0",
        logIndex,
        url: `${ORIGIN}/@demo/pack/1.0.0`,
        private: false,
        actor: { kind: "account", name: "alice" },
        release: {
          id: signed.id,
          keyId: tests.key.keyId,
          files: [{ name: "lora.json", sha256: sha256Hex(manifest), sizeBytes: manifest.length }],
        },
      },
    });
    const documented = await exampleOf("docs/webhooks.md");
    expect(shapeOf(documented)).toEqual(shapeOf(received.event));
  });

  it("is sent for each act of the log on a version, in their order, with the reason", async () => {
    const receiver = await receive();
    await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    await tests.registry.send("PUT", `${PACK}/yank`, { reason: "broken" });
    // Says nothing that the log has.
    await tests.registry.send("PUT", `${PACK}/yank`, { reason: "very broken" });
    await tests.registry.send("PUT", `${PACK}/deprecation`, { message: "old" });
    await tests.registry.send("DELETE", `${PACK}/yank`);
    await takeDown(tests.registry.deps, "@demo/pack" as never, "1.0.0" as never, "private data");
    await deliver();
    await receiver.waitFor(4);
    await settled();
    expect(receiver.received.map(({ event }) => [event.type, event.data.reason, event.data.actor])).toEqual([
      ["version.publish", undefined, { kind: "operator" }],
      ["version.yank", "broken", { kind: "operator" }],
      ["version.unyank", undefined, { kind: "operator" }],
      ["version.takedown", "private data", { kind: "operator" }],
    ]);
  });

  it("names the CI workflow that published", async () => {
    const receiver = await receive();
    await add(receiver.url);
    const workflow = { provider: "github", ownerId: "1", repository: "demo/pack", workflow: "release.yml" };
    const { body } = await tests.registry.send("POST", "/api/v1/packages/@demo/pack/publishers", workflow);
    const publisherId = (body as { id: number }).id;
    const token = await tests.registry.makeToken(["publish-new"], { publisherId, packages: ["@demo/pack"] });
    const as = { authorization: `Bearer ${token}` };
    const signed = await sign(tests.key, {});
    await upload(tests.registry, signed);
    const answer = await tests.registry.send("PUT", signed.path, { bundle: signed.bundle }, as);
    expect(answer.status).toBe(201);
    await deliver();
    await settled();
    const { ownerId: _number, ...named } = workflow;
    expect(receiver.received.map(({ event }) => event.data.actor)).toEqual([{ kind: "ci", ...named }]);
  });

  it("is one of the events and of the scope that were asked for", async () => {
    const [yanks, other, all] = [await receive(), await receive(), await receive()];
    await add(yanks.url, { events: ["yank"], scope: "@demo" });
    await add(other.url, { scope: "@other" });
    await add(all.url);
    const otherKey = await makeScope(tests.registry, "@other");
    await publish(tests.registry, tests.key, {});
    await publish(tests.registry, otherKey, { name: "@other/pack" });
    await tests.registry.send("PUT", `${PACK}/yank`, { reason: "broken" });
    await deliver();
    await settled();
    const told = (receiver: Receiver) =>
      receiver.received.map(({ event }) => `${event.type} ${event.data.package}`);
    expect(told(yanks)).toEqual(["version.yank @demo/pack"]);
    expect(told(other)).toEqual(["version.publish @other/pack"]);
    expect(told(all)).toEqual([
      "version.publish @demo/pack",
      "version.publish @other/pack",
      "version.yank @demo/pack",
    ]);
    // Known by one id, whichever webhook it comes by.
    expect(all.received[1]?.id).toBe(other.received[0]?.id);
    expect(new Set(all.received.map(({ id }) => id)).size).toBe(3);
  });

  it("of a private package says so; one of before the webhook, and one that was refused, are none", async () => {
    await publish(tests.registry, tests.key, { version: "0.9.0" });
    const receiver = await receive();
    await add(receiver.url);
    await tests.registry.send("PUT", "/api/v1/packages/@demo/pack/visibility", { visibility: "private" });
    const signed = await sign(tests.key, { version: "2.0.0" });
    expect((await tests.registry.send("PUT", signed.path, { bundle: signed.bundle })).status).toBe(409);
    await publish(tests.registry, tests.key, {});
    await deliver();
    await settled();
    expect(receiver.received.map(({ event }) => event.data)).toMatchObject([
      { version: "1.0.0", private: true },
    ]);
  });

  it("comes when the version can be had", async () => {
    const seen: unknown[] = [];
    const receiver = await receive(async ({ event }) => {
      const { status, body } = await tests.registry.get("/index/@demo/pack.json");
      seen.push(status, Object.keys((body as { versions: object }).versions), event.data.version);
      return 200;
    });
    await add(receiver.url);
    await deliver();
    await publish(tests.registry, tests.key, {});
    await settled();
    expect(seen).toEqual([200, ["1.0.0"], "1.0.0"]);
  });
});

/** An owner of the scope. */
async function account(name: string): Promise<string> {
  const now = new Date();
  const user = { id: `id-of-${name}`, name, email: `${name}@example.org`, emailVerified: false };
  await tests.registry.db.insert(tables.users).values({ ...user, createdAt: now, updatedAt: now });
  await tests.registry.send("PUT", `/api/v1/scopes/@demo/owners/${name}`, { role: "owner" });
  return user.id;
}

async function exampleOf(path: string): Promise<unknown> {
  const text = await readFile(new URL(`../../../../${path}`, import.meta.url), "utf8");
  const json = /```json\n(\{"type"[\s\S]*?)```/.exec(text)?.[1];
  return JSON.parse(json ?? "null");
}

/** Which keys are where, and of what type. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
}
