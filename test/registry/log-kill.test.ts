// SPDX-License-Identifier: Apache-2.0
/**
 * Two registries on one PostgreSQL, 32 publishers, and either process killed at random and started again. What was
 * acknowledged is in the log, where the answer said; no place in the log was given twice; of one size nobody ever saw
 * two trees.
 *
 *     LORA_KILL_SECONDS=120    the long run; by default it ends after a few kills
 */
import type { SigningKey } from "@lora/client/signing";
import {
  parseReceipt,
  type VerifiedCheckpoint,
  verifyCheckpoint,
  verifyReceipt,
} from "@lora/client/transparency";
import { afterAll, describe, expect, it } from "vitest";
import { generateToken } from "../../packages/registry/dist/index.js";
import { type Api, httpApi, makeScope, sign, upload } from "../../packages/registry/dist/test/publisher.js";
import { compareByTiles, logPolicy, readCheckpoint, readWholeLog } from "../support/log-reading.ts";
import { createRandom, pick } from "../support/random.ts";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { createOwnServices } from "../support/service-databases.ts";
import { serviceUrl } from "../support/services.ts";

const postgres = serviceUrl("DATABASE_URL");
const s3 = serviceUrl("S3_ENDPOINT");
const SECONDS = Number(process.env.LORA_KILL_SECONDS ?? 0);
const KILLS = 5;
const PUBLISHERS = 32;
const ORIGIN = "https://registry.test";

interface Acknowledged {
  pkg: string;
  version: string;
  id: string;
  logIndex: number;
  receipt: string;
}

describe.skipIf(postgres === undefined || s3 === undefined)("a log that two processes write", () => {
  let services: Awaited<ReturnType<typeof createOwnServices>>;
  let pair: TestRegistry[] = [];
  afterAll(async () => {
    for (const registry of pair) await registry.stop();
    await services?.close();
  });

  it("loses nothing and says nothing twice, whoever is killed when", {
    timeout: 240_000 + SECONDS * 1500,
  }, async () => {
    services = await createOwnServices({ postgres: postgres ?? "", s3: s3 ?? "" });
    const token = generateToken();
    const env = { ...services.env, LORA_REGISTRY_ADMIN_TOKEN: token, LORA_RATE_LIMITS: "off" };
    const start = (port: number) =>
      startTestRegistry({ env, port, args: ["--origin", ORIGIN, "--log-level", "error"] });
    pair = [await start(0), await start(0)];
    const urls = pair.map(({ url }) => url) as [string, string];
    const key = await makeScope(httpApi(urls[0], token), "@kill");
    const policy = await logPolicy(urls[0]);

    const random = createRandom(20261123);
    const acknowledged: Acknowledged[] = [];
    const seen = new Map<string, VerifiedCheckpoint>();
    const stop = { asked: false };
    const see = (checkpoint: VerifiedCheckpoint) =>
      seen.set(`${checkpoint.size} ${checkpoint.root}`, checkpoint);
    const publishers = Array.from({ length: PUBLISHERS }, async (_, i) => {
      for (let count = 0; !stop.asked; count += 1) {
        const draft = { name: `@kill/p${i}`, version: `1.0.${count}` };
        acknowledged.push(
          await publishUntilAcknowledged(() => httpApi(pick(random, urls), token), key, draft),
        );
      }
    });
    const watcher = (async () => {
      while (!stop.asked) {
        for (const url of urls) await readCheckpoint(url, policy).then(see, () => {});
        await sleep(20);
      }
    })();

    const began = performance.now();
    let kills = 0;
    while (SECONDS > 0 ? performance.now() - began < SECONDS * 1000 : kills < KILLS) {
      await sleep(400 + random() * 1200);
      const victim = random() < 0.5 ? 0 : 1;
      const registry = pair[victim] as TestRegistry;
      await registry.kill();
      kills += 1;
      pair[victim] = await start(Number(new URL(registry.url).port));
      await registry.stop();
    }
    await sleep(500);
    stop.asked = true;
    await Promise.all([...publishers, watcher]);
    const seconds = (performance.now() - began) / 1000;

    const last = await readCheckpoint(urls[0], policy);
    see(await readCheckpoint(urls[1], policy));
    for (const { receipt } of acknowledged)
      see(await verifyCheckpoint(parseReceipt(receipt).checkpoint, policy));
    const entries = await readWholeLog(urls[1], last);
    console.log(
      `${kills} kills in ${seconds.toFixed(0)} s: ${acknowledged.length} publishes acknowledged, ${entries.length} entries, ${seen.size} checkpoints seen`,
    );

    expect(acknowledged.length).toBeGreaterThan(PUBLISHERS);
    expect(new Set([...seen.values()].map(({ size }) => size)).size).toBe(seen.size);
    for (const checkpoint of seen.values()) {
      expect(await compareByTiles(urls[0], checkpoint, last)).not.toBe("older");
    }
    const published = entries.filter((entry) => entry.t === "publish");
    expect(new Set(published.map(({ pkg, version }) => `${pkg} ${version}`)).size).toBe(published.length);
    expect(new Set(acknowledged.map(({ logIndex }) => logIndex)).size).toBe(acknowledged.length);
    for (const { pkg, version, id, logIndex, receipt } of acknowledged) {
      expect(entries[logIndex]).toMatchObject({ t: "publish", pkg, version, id, keyid: key.keyId });
      const proved = await verifyReceipt(receipt, policy, { t: "publish", id: id as never }, logIndex);
      expect(proved.index).toBe(logIndex);
    }
    for (let i = 0; i < PUBLISHERS; i += 1) {
      const response = await fetch(new URL(`/index/@kill/p${i}.json`, urls[i % 2]));
      const index = (await response.json()) as { versions: unknown };
      const own = acknowledged.filter(({ pkg }) => pkg === `@kill/p${i}`);
      expect(index.versions).toMatchObject(
        Object.fromEntries(own.map(({ version, logIndex }) => [version, { logIndex }])),
      );
    }
  });
});

/** As a publisher does who knows that requests get lost: again, at whichever registry answers. */
async function publishUntilAcknowledged(
  anyApi: () => Api,
  key: SigningKey,
  draft: { name: string; version: string },
): Promise<Acknowledged> {
  const signed = await sign(key, draft);
  for (;;) {
    const answer = await attempt(anyApi(), signed);
    if (answer?.status === 200 || answer?.status === 201) {
      const { logIndex, receipt } = answer.body as { logIndex: number; receipt: string };
      return { pkg: draft.name, version: draft.version, id: signed.id, logIndex, receipt };
    }
    if (answer !== undefined && answer.status < 500)
      throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    await sleep(50);
  }
}

async function attempt(api: Api, signed: Awaited<ReturnType<typeof sign>>) {
  try {
    await upload(api, signed);
    return await api.send("PUT", signed.path, { bundle: signed.bundle });
  } catch {
    return undefined;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
