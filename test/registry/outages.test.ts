// SPDX-License-Identifier: Apache-2.0
/**
 * What a registry of two processes does while PostgreSQL, S3 or one of the processes is away, under load: writes are refused
 * for now, what never changes is still read, everything recovers by itself, and nothing that was acknowledged is lost.
 */
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SigningKey } from "@lora/client/signing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpApi, makeScope, publish } from "../../packages/registry/dist/test/publisher.js";
import { sha256Hex } from "../../packages/registry/dist/test/registry.js";
import { type CuttableService, startCuttableService } from "../support/cuttable-service.ts";
import { type RegistryProcess, startRegistryProcess } from "../support/registry-process.ts";
import { type RoundRobin, startRoundRobin } from "../support/round-robin.ts";
import { hasServices, openSharedServices, type SharedServices } from "../support/shared-services.ts";

const SCRIPT = join(import.meta.dirname, "..", "..", "scripts", "services", "postgres");
const OUTAGE_MS = 4000;
const RECOVERY_MS = 60_000;
/** Longer than anybody should be kept waiting for a "not now". */
const MAX_ANSWER_MS = 20_000;

interface Answer {
  at: number;
  tookMs: number;
  status: number;
  retryAfter: string | null;
}

describe.skipIf(!hasServices())("two registry processes under load", { timeout: 240_000 }, () => {
  let directory: string;
  let services: SharedServices;
  let s3: CuttableService;
  let front: RoundRobin;
  let processes: RegistryProcess[];
  let env: Record<string, string>;
  let token: string;
  let key: SigningKey;
  let postgres: (command: "stop" | "start") => void;
  let versions = 0;
  const acknowledged: { name: string; version: string; id: string }[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lora-outages-"));
    // One of its own: the other tests need theirs. It runs as another user.
    await chmod(directory, 0o755);
    const data = join(directory, "postgres");
    const up = spawnSync(SCRIPT, ["up", data, String(await freePort())], { encoding: "utf8" });
    const url = /DATABASE_URL=(\S+)/.exec(up.stdout)?.[1];
    if (url === undefined) throw new Error(`no PostgreSQL: ${up.stdout}${up.stderr}`);
    postgres = (command) => {
      const { status, stdout, stderr } = spawnSync(SCRIPT, [command, data], { encoding: "utf8" });
      if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
    };
    services = await openSharedServices();
    s3 = await startCuttableService(services.env.S3_ENDPOINT ?? "");
    front = await startRoundRobin();
    env = { ...services.env, DATABASE_URL: url, S3_ENDPOINT: s3.url, LORA_RATE_LIMITS: "off" };
    processes = await Promise.all([0, 1].map(startOne));
    front.backends = processes.map((each) => each.url);
    token = processes.map((each) => each.token).join("");
    key = await makeScope(httpApi(front.url, token));
    expect((await publishOne()).status).toBe(201);
  });
  afterAll(async () => {
    await Promise.all((processes ?? []).map((each) => each.end("SIGTERM")));
    await front?.[Symbol.asyncDispose]();
    await s3?.[Symbol.asyncDispose]();
    await services?.drop();
    spawnSync(SCRIPT, ["down", join(directory, "postgres")]);
    await rm(directory, { recursive: true, force: true });
  });

  function startOne(i: number): Promise<RegistryProcess> {
    return startRegistryProcess({
      dataDirectory: join(directory, String(i)),
      args: ["--origin", front.url],
      env,
    });
  }

  /** A release of a package of its own in one of a few packages, through the whole write API. */
  async function publishOne(): Promise<Answer> {
    const version = `1.${versions++}.0`;
    const name = `@demo/pack-${versions % 3}`;
    const began = performance.now();
    let headers: Headers | undefined;
    const api = httpApi(front.url, token);
    const recording = {
      send: async (...request: Parameters<typeof api.send>) => {
        const answer = await api.send(...request);
        headers = answer.headers;
        if (answer.status >= 400) throw Object.assign(new Error("refused"), { status: answer.status });
        return answer;
      },
    };
    const status = await publish(recording, key, { name, version, manifest: { registry: front.url } }).then(
      ({ signed, answer }) => {
        acknowledged.push({ name, version, id: signed.id });
        return answer.status;
      },
      (error: { status?: number }) => error.status ?? 0,
    );
    return {
      at: began,
      tookMs: performance.now() - began,
      status,
      retryAfter: headers?.get("retry-after") ?? null,
    };
  }

  async function read(path: string): Promise<Answer> {
    const began = performance.now();
    const answer = await fetch(`${front.url}${path}`, { redirect: "manual" });
    await answer.arrayBuffer();
    return {
      at: began,
      tookMs: performance.now() - began,
      status: answer.status,
      retryAfter: answer.headers.get("retry-after"),
    };
  }

  /** Publishers and readers, while something happens; then until publishes succeed again. */
  async function underLoad(outage: () => Promise<void>) {
    const [{ name, version } = { name: "", version: "" }] = acknowledged;
    const immutable = [
      `/versions/${name}/${version}/signature.json`,
      `/versions/${name}/${version}/lora.json`,
    ];
    // Twice, so that each process has read them.
    for (const path of [...immutable, ...immutable]) expect((await read(path)).status).toBe(200);
    let isOver = false;
    const writes: Answer[] = [];
    const reads: Answer[] = [];
    const keepOn = async (answers: Answer[], one: () => Promise<Answer>, pauseMs: number) => {
      while (!isOver) {
        answers.push(await one());
        await sleep(pauseMs);
      }
    };
    let turn = 0;
    const load = Promise.all([
      ...[1, 2, 3].map(() => keepOn(writes, publishOne, 20)),
      ...[1, 2].map(() => keepOn(reads, () => read(immutable[turn++ % 2] ?? ""), 10)),
    ]);
    await sleep(300);
    const from = performance.now();
    await outage();
    const until = performance.now();
    // Recovered: the last several publishes in a row.
    await expect
      .poll(() => writes.filter(({ at, status }) => at > until && status === 201).length, {
        timeout: RECOVERY_MS,
        interval: 50,
      })
      .toBeGreaterThan(3);
    isOver = true;
    await load;
    return { writes, reads, during: writes.filter(({ at }) => at > from && at < until) };
  }

  async function expectNothingLost(): Promise<void> {
    for (const { url } of processes) {
      for (const name of new Set(acknowledged.map((each) => each.name))) {
        const own = acknowledged.filter((each) => each.name === name);
        const index = (await (await fetch(`${url}/index/${name}.json`)).json()) as {
          versions: Record<string, { id: string }>;
        };
        for (const { version, id } of own) expect(index.versions[version]?.id).toBe(id);
      }
      for (const { name, version } of acknowledged.slice(-10)) {
        const manifest = await fetch(`${url}/versions/${name}/${version}/lora.json`);
        expect(manifest.status).toBe(200);
        const bytes = new Uint8Array(await manifest.arrayBuffer());
        const blob = await fetch(`${url}/blobs/sha256/${sha256Hex(bytes)}`);
        expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes);
        expect((await fetch(`${url}/versions/${name}/${version}/signature.json`)).status).toBe(200);
      }
    }
  }

  function expectRefusedForNow(during: Answer[]): void {
    const refused = during.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    expect([...new Set(refused.map(({ status }) => status))]).toEqual([503]);
    for (const { retryAfter, tookMs } of refused) {
      expect(Number(retryAfter)).toBeGreaterThan(0);
      expect(tookMs).toBeLessThan(MAX_ANSWER_MS);
    }
  }

  it("lose nothing when PostgreSQL stops and starts, and go on serving what never changes", async () => {
    const { reads, during } = await underLoad(async () => {
      postgres("stop");
      await sleep(OUTAGE_MS);
      postgres("start");
    });
    expectRefusedForNow(during);
    expect([...new Set(reads.map(({ status }) => status))]).toEqual([200]);
    await expectNothingLost();
  });

  it("lose nothing when S3 is away, and go on serving what needs none", async () => {
    const { reads, during } = await underLoad(async () => {
      await s3.cut();
      await sleep(OUTAGE_MS);
      await s3.mend();
    });
    expectRefusedForNow(during);
    expect([...new Set(reads.map(({ status }) => status))]).toEqual([200]);
    await expectNothingLost();
  });

  it("lose nothing when one of them is killed, and another is started", async () => {
    const { reads } = await underLoad(async () => {
      await processes[1]?.end("SIGKILL");
      await sleep(OUTAGE_MS);
      processes[1] = await startOne(1);
      front.backends = processes.map((each) => each.url);
    });
    // A request that it was answering is lost; the balancer says so.
    expect(reads.filter(({ status }) => status !== 200 && status !== 502)).toEqual([]);
    await expectNothingLost();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
