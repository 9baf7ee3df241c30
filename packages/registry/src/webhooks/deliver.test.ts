// SPDX-License-Identifier: Apache-2.0
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { tables } from "../database/index.ts";
import { publish } from "../test/publisher.ts";
import { assertSigned, type Behaviour } from "../test/receiver.ts";
import { giveUpWaiting, removeOld } from "./outbox.ts";
import { TIMES, testWebhooks } from "./webhook-tests.test.support.ts";

const tests = testWebhooks();
const { add, deliver, failed, inTurn, letTimePass, list, receive, settled } = tests;

describe("a receiver that fails", () => {
  it.each<[string, Behaviour, RegExp]>([
    ["with an error", 500, /^answered 500$/],
    ["by saying nothing", "hang", /^no answer within 1 s$/],
    ["by hanging up", "close", /^no answer: ECONNRESET$/],
    ["by sending elsewhere", "redirect", /^answered 302: redirects are not followed$/],
  ])("%s is told again, under the same id", async (_how, behaviour, outcome) => {
    const receiver = await inTurn(behaviour);
    const { secret } = await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    await deliver();
    await failed(1);
    expect(await list()).toMatchObject([{ waiting: 1, lastOutcome: expect.stringMatching(outcome) }]);
    await letTimePass();
    await settled();
    const { received } = receiver;
    expect(received).toHaveLength(2);
    expect(received[1]).toMatchObject({ id: received[0]?.id, body: received[0]?.body });
    for (const one of received) assertSigned(one, secret);
    expect(await list()).toMatchObject([
      { waiting: 0, failures: 0, delivered: 1, givenUp: 0, lastOutcome: "answered 204" },
    ]);
    const { text } = await tests.registry.deps.metrics.render();
    expect(text).toContain('lora_webhook_attempts_total{outcome="failed"}');
  });

  it("waits some seconds for the second attempt", async () => {
    const receiver = await inTurn(500);
    await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    await deliver();
    await failed(1);
    const [delivery] = await tests.registry.db.select().from(tables.webhookDeliveries);
    const [webhook] = await tests.registry.db.select().from(tables.webhooks);
    const waitMs = Number(delivery?.nextAttemptAt) - Number(webhook?.lastAttemptAt);
    expect(waitMs).toBeGreaterThanOrEqual(4000);
    expect(waitMs).toBeLessThanOrEqual(6000);
  });

  it("for a day is given up", async () => {
    const receiver = await receive(() => 503);
    await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    await tests.registry.db.execute(
      sql`update webhook_deliveries set created_at = now() - interval '23 hours 59 minutes', attempts = 9`,
    );
    await deliver();
    await settled();
    expect(await list()).toMatchObject([
      { waiting: 0, givenUp: 1, failures: 1, lastOutcome: "answered 503" },
    ]);
    expect(receiver.received).toHaveLength(1);
  });

  it("because it is gone is told nothing any more", async () => {
    const receiver = await receive(() => 410);
    await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    await publish(tests.registry, tests.key, { version: "1.1.0" });
    await deliver();
    await settled();
    await publish(tests.registry, tests.key, { version: "1.2.0" });
    expect(await list()).toMatchObject([
      { disabledAt: expect.any(String), waiting: 0, givenUp: 2, lastOutcome: "answered 410" },
    ]);
    expect(receiver.received).toHaveLength(1);
  });

  it("holds up nobody else", async () => {
    const [silent, quick] = [await receive(() => "hang"), await receive()];
    await add(silent.url);
    await add(quick.url);
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) await publish(tests.registry, tests.key, { version });
    await deliver({ ...TIMES, limitMs: 60_000 });
    await quick.waitFor(3);
    expect(silent.received).toHaveLength(1);
  });
});

describe("a process that stops", () => {
  it("waits for the answer that is under way", async () => {
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const receiver = await receive(async () => {
      await isReleased;
      return 200;
    });
    await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    const deliveries = await deliver({ ...TIMES, limitMs: 60_000, graceMs: 60_000 });
    await receiver.waitFor(1);
    const closed = deliveries.close();
    release();
    await closed;
    expect(await list()).toMatchObject([{ waiting: 0, delivered: 1 }]);
  });

  it("leaves to the next one at once what takes too long", async () => {
    const receiver = await inTurn("hang");
    await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    const first = await deliver({ ...TIMES, limitMs: 60_000, leaseMs: 3_600_000 });
    await receiver.waitFor(1);
    await first.close();
    await deliver();
    await settled();
    expect(receiver.received.map(({ id }) => id)).toEqual([
      receiver.received[0]?.id,
      receiver.received[0]?.id,
    ]);
  });

  it("in the middle of it leaves it to the next one when its lease is over", async () => {
    const receiver = await inTurn("hang");
    await add(receiver.url);
    await publish(tests.registry, tests.key, {});
    await deliver({ ...TIMES, limitMs: 60_000, leaseMs: 300 });
    await receiver.waitFor(1);
    await deliver();
    await receiver.waitFor(2);
    await settled();
    expect(receiver.received[1]?.id).toBe(receiver.received[0]?.id);
  });
});

it("logs whom it told, and neither secret nor what stands behind the host", async () => {
  const receiver = await inTurn(500);
  const { id, secret } = await add(receiver.url);
  await publish(tests.registry, tests.key, {});
  await deliver();
  await failed(1);
  await letTimePass();
  await settled();
  const logged = tests.registry.lines.join("");
  expect(logged).toContain(`"webhook":${id},"host":"${new URL(receiver.url).host}"`);
  expect(logged).not.toContain("of-the-receiver");
  expect(logged).not.toContain(secret);
  expect(JSON.stringify(await list())).not.toContain(secret);
});

it("gives up what was written for a webhook while that was being switched off", async () => {
  const receiver = await receive(() => 410);
  const { id } = await add(receiver.url);
  await publish(tests.registry, tests.key, {});
  await tests.registry.db.update(tables.webhooks).set({ disabledAt: new Date() });
  await deliver();
  await settled();
  expect(await list()).toMatchObject([{ id, givenUp: 1 }]);
  expect(receiver.received).toEqual([]);
});

it("forgets after some days what is settled, and in a copy what waits", async () => {
  const receiver = await receive();
  await add(receiver.url);
  await publish(tests.registry, tests.key, {});
  await giveUpWaiting(tests.registry.db);
  expect(await list()).toMatchObject([{ waiting: 0, givenUp: 1 }]);
  await removeOld(tests.registry.db);
  expect(await list()).toMatchObject([{ givenUp: 1 }]);
  await tests.registry.db.execute(sql`update webhook_deliveries set settled_at = now() - interval '8 days'`);
  await removeOld(tests.registry.db);
  expect(await list()).toMatchObject([{ givenUp: 0 }]);
  await deliver();
  expect(receiver.received).toEqual([]);
});
