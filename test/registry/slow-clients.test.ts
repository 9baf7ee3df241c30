// SPDX-License-Identifier: Apache-2.0
/** Clients that send or take their bytes so slowly that they only hold a connection. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningRegistry, startRegistry } from "../../packages/registry/dist/index.js";

const LIMITS = { headersMs: 3000, idleMs: 3000, stallMs: 3000, jsonBodyMs: 4000 };

let directory: string;
let registry: RunningRegistry;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-slow-"));
  registry = await startRegistry({ port: 0, dataDirectory: directory, limits: LIMITS });
});
afterAll(async () => {
  await registry?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Sends the text, then a byte from time to time until the server ends it. Returns what the server said. */
async function dribble(text: string, then: string): Promise<string> {
  const { hostname, port } = new URL(registry.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  // Not by `once` of events, which fails where the server resets a connection that still sends: an end like another.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  let said = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    said += chunk;
  });
  await once(socket, "connect");
  socket.write(text);
  const timer = setInterval(() => {
    if (then !== "" && !socket.destroyed) socket.write(then);
  }, 100);
  await closed;
  clearInterval(timer);
  return said;
}

const post = (path: string, token: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n`;

it.concurrent("headers that never end are not waited for", async () => {
  expect(await dribble("GET / HTTP/1.1\r\n", "x: y\r\n")).toContain("408 Request Timeout");
});

it.concurrent("a connection without a request is closed", async () => {
  expect(await dribble("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "")).toContain("200 OK");
});

it.concurrent("a body that trickles is not waited for", async () => {
  const said = await dribble(post("/api/v1/uploads", registry.adminToken ?? ""), " ");
  expect(said).toContain("408 Request Timeout");
  expect(said).toContain("REQUEST_TIMEOUT");
});

it.concurrent("a body that stops is not waited for", async () => {
  expect(await dribble(post("/api/v1/uploads", registry.adminToken ?? ""), "")).toContain("REQUEST_TIMEOUT");
});

it.concurrent("others are served meanwhile, and all of them are gone in the end", async () => {
  const slow = Array.from({ length: 50 }, () => dribble("GET / HTTP/1.1\r\n", "x: y\r\n"));
  expect((await fetch(`${registry.url}/healthz`)).status).toBe(200);
  await Promise.all(slow);
});
