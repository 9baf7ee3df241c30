// SPDX-License-Identifier: Apache-2.0
/** Webhooks of registries that are processes: by command, of two at once, of one that is killed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { generateToken } from "../../packages/registry/dist/index.js";
import { httpApi, makeScope, publish } from "../../packages/registry/dist/test/publisher.js";
import {
  assertSigned,
  type Behaviour,
  type Received,
  type Receiver,
  startReceiver,
} from "../../packages/registry/dist/test/receiver.js";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { runRegistryCommand } from "../support/registry-command.ts";
import { createOwnServices } from "../support/service-databases.ts";
import { serviceUrl } from "../support/services.ts";

const postgres = serviceUrl("DATABASE_URL");
const s3 = serviceUrl("S3_ENDPOINT");
const ORIGIN = "https://registry.test";
const PRIVATE = { LORA_WEBHOOKS_PRIVATE: "1" };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function receive(behave?: Parameters<typeof startReceiver>[0]): Promise<Receiver> {
  const receiver = await startReceiver(behave);
  ends.push(receiver.close);
  return receiver;
}

interface Listed {
  webhooks: { id: number; waiting: number; delivered: number; givenUp: number; lastOutcome?: string }[];
}

describe("lora-registry webhook", () => {
  it("manages those of a registry that is running by its API, and of one that is not by its data", async () => {
    const receiver = await receive((_received, count) => (count === 2 ? 500 : 204));
    const dataDirectory = await mkdtemp(join(tmpdir(), "lora-webhooks-"));
    ends.push(() => rm(dataDirectory, { recursive: true }));
    const registry = await startTestRegistry({ dataDirectory, env: PRIVATE });
    ends.push(() => registry.stop());
    const remote = (...args: string[]) =>
      runRegistryCommand(["webhook", ...args, "--registry", registry.url], { LORA_TOKEN: registry.token });

    const added = await remote("add", receiver.url, "--event", "publish", "--json");
    expect(added).toMatchObject({ exitCode: 0, stderr: "" });
    const { id, secret } = JSON.parse(added.stdout) as { id: number; secret: string };
    expect(await remote("test", String(id))).toEqual({
      exitCode: 0,
      stdout: `Webhook ${id} took it: answered 204.\n`,
      stderr: "",
    });
    assertSigned(receiver.received[0] as Received, secret);
    expect(await remote("test", String(id))).toEqual({
      exitCode: 69,
      stdout: "",
      stderr: `error: the webhook ${id} was not delivered: answered 500 (WEBHOOK_FAILED)\n`,
    });
    const api = httpApi(registry.url, registry.token);
    const key = await makeScope(api);
    await publish(api, key, { manifest: { registry: registry.url } });
    await receiver.waitFor(3);
    const event = receiver.received[2] as Received;
    assertSigned(event, secret);
    expect(event.event).toMatchObject({
      type: "version.publish",
      data: { registry: registry.url, package: "@demo/pack" },
    });
    await nothingWaits(api);
    expect((await remote("ls")).stdout).toMatch(
      new RegExp(`^${id}\thttp://127\\.0\\.0\\.1:\\d+/\\S+\tpublish\tanswered 204, \\S+Z\t0 waiting\n$`),
    );
    const metrics = await (await fetch(`${registry.url}/metrics`)).text();
    expect(metrics).toContain('lora_webhook_attempts_total{outcome="delivered"} 1\n');
    expect(metrics).toContain("lora_webhooks_waiting 0\n");
    expect(registry.output().stderr).not.toContain(secret);

    await registry.stop();
    const local = (...args: string[]) => runRegistryCommand(["webhook", ...args, "--data", dataDirectory]);
    const { webhooks } = JSON.parse((await local("ls", "--json")).stdout) as Listed;
    expect(webhooks).toMatchObject([{ id, waiting: 0, delivered: 1, givenUp: 0 }]);
    // Without LORA_WEBHOOKS_PRIVATE.
    expect(await local("test", String(id))).toMatchObject({
      exitCode: 69,
      stderr: expect.stringContaining("not sent: the address is not https"),
    });
  });

  it("needs a token for a registry that is elsewhere", async () => {
    const outcome = await runRegistryCommand(["webhook", "ls", "--registry", "https://a.example"]);
    expect(outcome).toMatchObject({ exitCode: 77, stderr: expect.stringContaining("hint: set LORA_TOKEN") });
  });
});

describe.skipIf(postgres === undefined || s3 === undefined)("two processes on one database", () => {
  it("tell of each act once, and only of what both of them serve", async () => {
    const seen: unknown[] = [];
    const { pair, api, receiver } = await startPair(async ({ event }) => {
      const { package: name, version } = event.data;
      for (const { url } of pair) {
        seen.push((await fetch(`${url}/versions/${name}/${version}/lora.json`)).status);
      }
      return 200;
    });
    const key = await makeScope(api(0));
    const versions = Array.from({ length: 12 }, (_, i) => `1.${i}.0`);
    await Promise.all(
      versions.map((version, i) => publish(api(i % 2), key, { name: `@demo/p${i % 4}`, version })),
    );
    await nothingWaits(api(0));
    expect(receiver.received.map(({ event }) => event.data.version).sort()).toEqual(versions.sort());
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(versions.length);
    expect(new Set(seen)).toEqual(new Set([200]));
  });

  it("lose none when one is killed between a publish and its delivery", async () => {
    // Whoever comes first is held until it is killed, or gives up.
    const behave = (_received: Received, count: number): Behaviour => (count <= 2 ? "hang" : 200);
    const { pair, api, receiver } = await startPair(behave);
    const key = await makeScope(api(1));
    const versions = Array.from({ length: 6 }, (_, i) => `1.${i}.0`);
    for (const version of versions) {
      expect((await publish(api(0), key, { version })).answer.status).toBe(201);
    }
    await pair[0].kill();
    await nothingWaits(api(1));
    const told = new Map(receiver.received.map(({ id, event }) => [id, event.data]));
    expect([...told.values()].map(({ version }) => version).sort()).toEqual(versions);
    const { body } = await api(1).send("GET", "/index/@demo/pack.json");
    for (const { version, logIndex } of told.values()) {
      expect((body as { versions: object }).versions).toHaveProperty([String(version), "logIndex"], logIndex);
    }
  });

  async function startPair(behave: Parameters<typeof startReceiver>[0]) {
    const receiver = await receive(behave);
    const services = await createOwnServices({ postgres: postgres ?? "", s3: s3 ?? "" });
    ends.push(services.close);
    const token = generateToken();
    const env = {
      ...services.env,
      ...PRIVATE,
      LORA_REGISTRY_ADMIN_TOKEN: token,
      LORA_RATE_LIMITS: "off",
    };
    const start = async (): Promise<TestRegistry> => {
      const registry = await startTestRegistry({ env, args: ["--origin", ORIGIN] });
      ends.push(() => registry.stop());
      return registry;
    };
    const pair: [TestRegistry, TestRegistry] = [await start(), await start()];
    const api = (i: number) => httpApi(pair[i]?.url ?? "", token);
    expect((await api(1).send("POST", "/api/v1/webhooks", { url: receiver.url })).status).toBe(201);
    return { pair, api, receiver };
  }
});

async function nothingWaits(api: ReturnType<typeof httpApi>): Promise<void> {
  for (;;) {
    const { body } = await api.send("GET", "/api/v1/webhooks");
    if ((body as Listed).webhooks.every(({ waiting }) => waiting === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
