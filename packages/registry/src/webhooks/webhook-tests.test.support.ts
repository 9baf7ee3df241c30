// SPDX-License-Identifier: Apache-2.0
/** A registry with webhooks, and whom they go to; all of it anew for each test of a file. */
import type { SigningKey } from "@lora/client/signing";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { makeScope } from "../test/publisher.ts";
import { type Behaviour, type Receiver, startReceiver } from "../test/receiver.ts";
import { openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { type Deliveries, type DeliveryTimes, startDeliveries } from "./deliver.ts";
import type { NewWebhook, WebhookInfo } from "./documents.ts";

export const TIMES: Partial<DeliveryTimes> = { lookMs: 20, limitMs: 1000, graceMs: 100 };

export interface WebhookTests {
  registry: TestRegistry;
  /** Of the scope `@demo`. */
  key: SigningKey;
  receive(behave?: Parameters<typeof startReceiver>[0]): Promise<Receiver>;
  /** Behaves in turn; what comes after the last is taken. */
  inTurn(...behaviours: Behaviour[]): Promise<Receiver>;
  add(url: string, more?: object): Promise<NewWebhook>;
  list(): Promise<WebhookInfo[]>;
  /** As a process of the registry does. */
  deliver(times?: Partial<DeliveryTimes>): Promise<Deliveries>;
  /** As if the time until the next attempt were over. */
  letTimePass(): Promise<unknown>;
  /** Resolves when so many attempts have failed in a row. */
  failed(failures: number): Promise<void>;
  /** Resolves when nothing waits. */
  settled(): Promise<void>;
}

export function testWebhooks(): WebhookTests {
  const ends: (() => Promise<void>)[] = [];
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const tests: WebhookTests = {
    registry: undefined as unknown as TestRegistry,
    key: undefined as unknown as SigningKey,
    async receive(behave) {
      const receiver = await startReceiver(behave);
      ends.push(receiver.close);
      return receiver;
    },
    inTurn: (...behaviours) => tests.receive((_received, count) => behaviours[count - 1] ?? 204),
    async add(url, more = {}) {
      const { status, body } = await tests.registry.send("POST", "/api/v1/webhooks", { url, ...more });
      expect(status).toBe(201);
      return body as NewWebhook;
    },
    async list() {
      const { body } = await tests.registry.send("GET", "/api/v1/webhooks");
      return (body as { webhooks: WebhookInfo[] }).webhooks;
    },
    async deliver(times = TIMES) {
      const { db, deps } = tests.registry;
      const deliveries = await startDeliveries({
        database: { db, applied: [], listen: async () => {}, close: async () => {} },
        metrics: deps.metrics,
        log: deps.log,
        isPrivateAllowed: true,
        times,
      });
      // Before the receivers: whoever waits for an answer is given none by then.
      ends.push(deliveries.close);
      return deliveries;
    },
    letTimePass: () =>
      tests.registry.db.execute(
        sql`update webhook_deliveries set next_attempt_at = now() where settled_at is null`,
      ),
    failed: (failures) => until(async () => (await tests.list())[0]?.failures === failures),
    settled: () => until(async () => (await tests.list()).every(({ waiting }) => waiting === 0)),
  };
  beforeAll(async () => {
    tests.registry = await openTestRegistry();
  });
  beforeEach(async () => {
    await tests.registry.reset();
    tests.registry.override({ isPrivateReceiverAllowed: true });
    tests.key = await makeScope(tests.registry);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(() => tests.registry.close());
  return tests;
}
