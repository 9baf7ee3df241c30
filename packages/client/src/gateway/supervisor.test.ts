// SPDX-License-Identifier: Apache-2.0
/** Servers that do not load, and that end, on purpose. */
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import type { LlamaServer } from "../runtime/llama-server/server.ts";
import { createSupervisor, type ServerPlan } from "./supervisor.ts";

interface FakeServer extends LlamaServer {
  plan: ServerPlan;
  stopped: boolean;
  crash(): void;
}

function fakeServer(plan: ServerPlan, pid: number): FakeServer {
  const exited = Promise.withResolvers<{ code: number | null; signal: NodeJS.Signals | null }>();
  const child = { exitCode: null as number | null, signalCode: null };
  const crash = () => {
    child.exitCode = 1;
    exited.resolve({ code: 1, signal: null });
  };
  const server = {
    plan,
    stopped: false,
    port: pid,
    apiKey: "",
    process: { pid, child, exited: exited.promise, lastLines: () => [] },
    crash,
    async stop() {
      server.stopped = true;
      crash();
    },
  };
  return server as unknown as FakeServer;
}

const plan = (...names: string[]): ServerPlan => ({
  modelPath: "model.gguf",
  adapters: names.map((name) => ({ name, path: name })),
});
const failure = new LoraError("RUNTIME_FAILED", "llama-server ended while loading model.gguf: wrong magic");

function supervise(loads: (wanted: ServerPlan, attempt: number) => boolean = () => true) {
  const servers: FakeServer[] = [];
  let attempt = 0;
  const supervisor = createSupervisor({
    async start(wanted) {
      attempt += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (!loads(wanted, attempt)) throw failure;
      const server = fakeServer(wanted, servers.length + 1);
      servers.push(server);
      return server;
    },
  });
  const signal = new AbortController().signal;
  return {
    supervisor,
    servers,
    attempts: () => attempt,
    lease: () => supervisor.lease(signal, (adapters) => [...adapters]),
  };
}

describe("createSupervisor", () => {
  it("moves new requests to the next server, and ends the old one with its last request", async () => {
    const { supervisor, servers, lease } = supervise();
    await supervisor.replace(plan("a"));
    const old = await lease();
    let moment: unknown;
    await supervisor.replace(plan("a", "b"), () => {
      moment = supervisor.current()?.adapters;
    });
    expect(moment).toEqual(["a", "b"]);
    const next = await lease();
    expect([old.body, next.body, servers[0]?.stopped, supervisor.draining()]).toEqual([
      ["a"],
      ["a", "b"],
      false,
      1,
    ]);
    old.release();
    await expect.poll(() => supervisor.draining()).toBe(0);
    expect([servers[0]?.stopped, servers[1]?.stopped]).toEqual([true, false]);
    await supervisor.stop();
    expect(servers[1]?.stopped).toBe(true);
  });

  it("goes on with the server it has when the next one does not load", async () => {
    const { supervisor, lease } = supervise((wanted) => wanted.adapters.length < 2);
    await supervisor.replace(plan("a"));
    await expect(supervisor.replace(plan("a", "broken"))).rejects.toBe(failure);
    expect((await lease()).body).toEqual(["a"]);
    await supervisor.stop();
  });

  it("goes back to what has loaded before when its server ends while a broken one starts", async () => {
    const { supervisor, servers, lease } = supervise((wanted) => wanted.adapters.length < 2);
    await supervisor.replace(plan("a"));
    const replacing = supervisor.replace(plan("a", "broken"));
    servers[0]?.crash();
    await expect(replacing).rejects.toThrow("wrong magic");
    expect((await lease()).body).toEqual(["a"]);
    await supervisor.stop();
  });

  it("starts a server that ended again, and lets requests wait for it", async () => {
    const { supervisor, servers, lease } = supervise();
    await supervisor.replace(plan("a"));
    servers[0]?.crash();
    const { server } = await lease();
    expect([server === servers[1], supervisor.crashes()]).toEqual([true, 1]);
    await supervisor.stop();
  });

  it("tries again, in growing pauses, and tells requests why once that is hopeless", async () => {
    const { supervisor, servers, lease, attempts } = supervise((_, attempt) => attempt === 1 || attempt > 4);
    await supervisor.replace(plan("a"));
    servers[0]?.crash();
    await expect(lease()).rejects.toBe(failure);
    expect(attempts()).toBe(4);
    await expect.poll(() => servers.length, { timeout: 10_000 }).toBe(2);
    expect((await lease()).body).toEqual(["a"]);
    await supervisor.stop();
  });

  it("says what is wrong with the first plan", async () => {
    const { supervisor } = supervise(() => false);
    await expect(supervisor.replace(plan("a"))).rejects.toBe(failure);
    await supervisor.stop();
  });
});
