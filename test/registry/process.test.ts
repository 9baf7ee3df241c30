// SPDX-License-Identifier: Apache-2.0
/** `lora-registry serve` as a process: what two of them, signals and crashes do to it. */
import { once } from "node:events";
import { truncate } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type Api,
  httpApi,
  makeScope,
  publish,
  sign,
  upload,
} from "../../packages/registry/dist/test/publisher.js";
import { sha256Hex } from "../../packages/registry/dist/test/registry.js";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";

// Making a database takes seconds, so the tests share one, each with a process of its own.
let first: TestRegistry;
let api: Api;
let running: TestRegistry[] = [];
async function start(): Promise<TestRegistry> {
  const registry = await startTestRegistry({ dataDirectory: first.dataDirectory });
  running.push(registry);
  api = httpApi(registry.url, first.token);
  return registry;
}
beforeAll(async () => {
  first = await startTestRegistry();
  await first.kill();
});
afterEach(async () => {
  for (const registry of running) await registry.stop();
  running = [];
});
afterAll(() => first.stop());

describe("one data directory", () => {
  it("is used by one process: a second says who uses it, and harms nothing", async () => {
    const { pid, url, dataDirectory } = await start();
    await expect(startTestRegistry({ dataDirectory })).rejects.toThrow(
      `lora-registry ended with 75: error: the registry with process id ${pid} uses the data directory ` +
        `${dataDirectory} (DATA_LOCKED)\n\n` +
        "hint: stop that one, or choose another directory with --data\n",
    );
    expect((await fetch(`${url}/registry.json`)).status).toBe(200);
  });

  it("is free again after a crash, and has its name, its tokens and what was published", async () => {
    const crashed = await start();
    const key = await makeScope(api, "@crash");
    await publish(api, key, { name: "@crash/pack", manifest: { registry: first.url } });
    const index = await (await fetch(`${crashed.url}/index/@crash/pack.json`)).text();
    await crashed.kill();

    const next = await start();
    expect(next.token).toBe("");
    const info = await (await fetch(`${next.url}/registry.json`)).json();
    expect(info).toEqual({
      v: 1,
      origin: first.url,
      logKey: expect.stringMatching(/^127\.0\.0\.1:\d+\/log\+/),
      clockKey: expect.stringMatching(/^127\.0\.0\.1:\d+\/clock\+/),
    });
    expect((await api.send("GET", "/api/v1/whoami")).status).toBe(200);
    expect(await (await fetch(`${next.url}/index/@crash/pack.json`)).text()).toBe(index);
  });
});

describe("SIGTERM", () => {
  it("answers the request under way, takes no other, and ends with 0", async () => {
    const registry = await start();
    const bytes = new TextEncoder().encode("a slow upload");
    const { hostname, port } = new URL(registry.url);
    const slow = request({
      hostname,
      port,
      method: "PUT",
      path: `/api/v1/uploads/sha256/${sha256Hex(bytes)}`,
      headers: {
        authorization: `Bearer ${first.token}`,
        "content-length": bytes.length,
        expect: "100-continue",
      },
    });
    slow.flushHeaders();
    // The server asks for the body, so the request is under way.
    await once(slow, "continue");
    slow.write(bytes.subarray(0, 3));
    process.kill(registry.pid, "SIGTERM");
    await refusesConnections(hostname, Number(port));
    slow.end(bytes.subarray(3));
    const [response] = await once(slow, "response");
    expect(response.statusCode).toBe(201);
    response.resume();
    expect(await registry.stop()).toBe(0);
  });

  it("does not wait for connections that only stand by", async () => {
    const registry = await start();
    const agent = new Agent({ keepAlive: true });
    const { hostname, port } = new URL(registry.url);
    const [response] = await once(request({ agent, hostname, port, path: "/healthz" }).end(), "response");
    response.resume();
    await once(response, "end");
    const silent = connect(Number(port), hostname);
    await once(silent, "connect");
    expect(await registry.stop()).toBe(0);
    agent.destroy();
    silent.destroy();
  });
});

describe("a blob that breaks off while it is sent", () => {
  it("ends the connection, and puts nothing of its own into the file", async () => {
    const registry = await start();
    const bytes = Buffer.alloc(1_000_000, "a");
    const sha256 = sha256Hex(bytes);
    await publish(api, await makeScope(api, "@broken"), {
      name: "@broken/pack",
      files: { "README.md": bytes },
      manifest: { registry: first.url, readme: "README.md" },
    });
    await truncate(join(registry.dataDirectory, "blobs", "sha256", sha256.slice(0, 2), sha256), 600_000);
    const { hostname, port } = new URL(registry.url);
    const [response] = await once(
      request({ hostname, port, path: `/blobs/sha256/${sha256}` }).end(),
      "response",
    );
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    const [error] = await once(response, "error");
    expect(error.code).toBe("ECONNRESET");
    expect(Buffer.concat(chunks).toString().replaceAll("a", "")).toBe("");
    expect((await fetch(`${registry.url}/healthz`)).status).toBe(200);
  });
});

describe("kill -9 during a publish", () => {
  const KILLS = 20;

  it("loses nothing that was acknowledged and shows no half of anything", { timeout: 600_000 }, async () => {
    let registry = await start();
    const key = await makeScope(api);
    const draft = (version: string) => ({
      name: "@demo/pack",
      version,
      files: { "README.md": Buffer.alloc(200_000, version) },
      manifest: { registry: first.url, readme: "README.md" },
    });
    const began = performance.now();
    await publish(api, key, draft("1.0.0"));
    const usualMs = performance.now() - began;

    const acknowledged = new Set(["1.0.0"]);
    const moments: string[] = [];
    for (let round = 1; round <= KILLS; round++) {
      const version = `1.${round}.0`;
      const signed = await sign(key, draft(version));
      let step = "upload";
      const attempt = upload(api, signed)
        .then(() => {
          step = "publish";
          return api.send("PUT", signed.path, { bundle: signed.bundle });
        })
        .then((answer) => {
          step = `answered ${answer.status}`;
          if (answer.status === 201) acknowledged.add(version);
        })
        .catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, Math.random() * usualMs * 1.2));
      await registry.kill();
      await attempt;
      moments.push(step);

      registry = await start();
      const visible = await visibleVersions(registry.url);
      expect(
        [...acknowledged].filter((v) => !visible.includes(v)),
        moments.join(),
      ).toEqual([]);
      for (const each of visible.slice(-2)) await expectWhole(registry.url, each);
      if (!visible.includes(version)) {
        const half = await fetch(`${registry.url}/versions/@demo/pack/${version}/signature.json`);
        expect(half.status).toBe(404);
        for (const bytes of signed.files.values()) {
          expect((await fetch(`${registry.url}/blobs/sha256/${sha256Hex(bytes)}`)).status).toBe(404);
        }
      }

      // The same command again succeeds.
      await upload(api, signed);
      const answer = await api.send("PUT", signed.path, { bundle: signed.bundle });
      expect(answer.status).toBe(visible.includes(version) ? 200 : 201);
      acknowledged.add(version);
    }
    expect(await visibleVersions(registry.url)).toHaveLength(KILLS + 1);
    for (const version of acknowledged) await expectWhole(registry.url, version);
  });

  async function visibleVersions(url: string): Promise<string[]> {
    const index = await (await fetch(`${url}/index/@demo/pack.json`)).json();
    return Object.keys((index as { versions: object }).versions);
  }

  /** Signature, manifest and every signed file are there, and are what was signed. */
  async function expectWhole(url: string, version: string): Promise<void> {
    const bundle = await (await fetch(`${url}/versions/@demo/pack/${version}/signature.json`)).json();
    const { payload } = (bundle as { dsseEnvelope: { payload: string } }).dsseEnvelope;
    const { resources } = JSON.parse(Buffer.from(payload, "base64").toString()).predicate;
    expect(resources).toHaveLength(2);
    for (const { digest } of resources) {
      const blob = await fetch(`${url}/blobs/sha256/${digest}`);
      expect(sha256Hex(new Uint8Array(await blob.arrayBuffer()))).toBe(digest);
    }
    const manifest = await (await fetch(`${url}/versions/@demo/pack/${version}/lora.json`)).json();
    expect(manifest).toMatchObject({ name: "@demo/pack", version });
  }
});

/** Waits until nobody listens there. */
async function refusesConnections(hostname: string, port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, hostname);
    const refused = await once(socket, "connect").then(
      () => false,
      () => true,
    );
    socket.destroy();
    if (refused) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
