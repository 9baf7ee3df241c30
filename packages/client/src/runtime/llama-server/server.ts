// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { processFailure } from "../failure.ts";
import type { LoadPlan } from "../load-plan.ts";
import { OWN_GROUP, type OwnedProcess, ownProcess } from "../owned-process.ts";
import { linkAdapters } from "./adapter-links.ts";
import { startGuard } from "./guard.ts";
import { type Endpoint, getJson } from "./http.ts";
import { parseListeningLine, serverArguments } from "./recipe.ts";

export interface LlamaServer extends Endpoint {
  readonly process: OwnedProcess;
  stop(): Promise<void>;
}

const HEALTH_POLL_MS = 50;

/**
 * A llama-server that is ready, on a free port of 127.0.0.1. It asks for a random key, which it is given in its
 * environment: arguments are public to every user of the machine.
 * @throws LoraError RUNTIME_FAILED, USAGE; `signal.reason` when aborted
 */
export async function startLlamaServer(
  executable: string,
  plan: LoadPlan,
  env: NodeJS.ProcessEnv,
): Promise<LlamaServer> {
  const apiKey = randomBytes(32).toString("hex");
  const doing = `loading ${basename(plan.modelPath)}`;
  const links = await linkAdapters(plan.adapters.map((adapter) => adapter.path));
  const guard = startGuard(links.directory);
  let owned: OwnedProcess | undefined;
  const stop = async () => {
    await owned?.kill();
    await links.remove();
    guard.release();
  };

  try {
    const args = serverArguments({ ...plan, adapterPaths: links.paths });
    const listening = Promise.withResolvers<number>();
    const child = spawn(executable, args, {
      cwd: links.cwd,
      env: { ...childEnvironment(env), LLAMA_API_KEY: apiKey },
      stdio: ["ignore", "pipe", "pipe"],
      detached: OWN_GROUP,
      windowsHide: true,
    });
    if (child.pid !== undefined) guard.watch(child.pid);
    owned = await ownProcess("llama-server", child, (line) => {
      const port = parseListeningLine(line);
      if (port !== undefined) listening.resolve(port);
    });
    const server = owned;
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, ...(plan.signal === undefined ? [] : [plan.signal])]);
    void server.exited.then(() => waiting.abort(processFailure(server, doing)));
    try {
      const port = await orAbort(listening.promise, signal);
      await waitForHealth({ port, apiKey }, signal);
      return { port, apiKey, process: server, stop };
    } finally {
      waiting.abort();
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Some versions listen before the model is in memory, and answer 503 until it is. */
async function waitForHealth(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await getJson(endpoint, "/health", signal).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, HEALTH_POLL_MS));
  }
}

function orAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  if (signal.aborted) reject(signal.reason);
  return Promise.race([promise, aborted]);
}

/**
 * The log must have the form that is read here, whatever the user's other llama-servers are told. Tokens and signing keys
 * (`LORA_…`) are nothing for a program that loads strangers' files.
 */
function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(?:LLAMA_(?:ARG_)?LOG_|LORA_)/.test(name)),
  );
}
