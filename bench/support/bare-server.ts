// SPDX-License-Identifier: Apache-2.0
/** llama-server as somebody starts it who knows nothing of a gateway. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { parseListeningLine } from "../../packages/client/src/runtime/llama-server/recipe.ts";

export interface BareServer extends AsyncDisposable {
  url: string;
}

export async function startBareServer(executable: string, args: readonly string[]): Promise<BareServer> {
  const child = spawn(executable, ["--host", "127.0.0.1", "--port", "0", "--threads", "1", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    // As the gateway starts it: Linux shares processors among sessions, not among processes.
    detached: true,
  });
  const ended = once(child, "exit");
  const listening = new Promise<number>((resolve) => {
    for (const output of [child.stdout, child.stderr])
      createInterface(output).on("line", (line) => {
        const port = parseListeningLine(line);
        if (port !== undefined) resolve(port);
      });
  });
  const port = await Promise.race([
    listening,
    ended.then(() => Promise.reject(new Error("llama-server ended"))),
  ]);
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(`${url}/health`).catch(() => undefined))?.status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export interface Timing {
  firstMs: number;
  wholeMs: number;
  text: string;
  /** Tokens per second as llama-server itself measured them. */
  serverSpeed: number;
}

/** A connection a request: llama-server ends a kept one after a hundred. */
const connections = new Agent({ keepAlive: false });

/** A streamed completion, with the time to its first token and to its end. */
export async function timeStream(url: string, body: Record<string, unknown>): Promise<Timing> {
  const started = performance.now();
  const outgoing = request(`${url}/v1/completions`, { method: "POST", agent: connections });
  outgoing.end(JSON.stringify({ ...body, stream: true }));
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  let firstMs = 0;
  let raw = "";
  incoming.setEncoding("utf8");
  for await (const chunk of incoming) {
    firstMs ||= performance.now() - started;
    raw += chunk;
  }
  if (incoming.statusCode !== 200) throw new Error(raw);
  const wholeMs = performance.now() - started;
  const text = raw
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice("data: ".length)).choices?.[0]?.text ?? "")
    .join("");
  const serverSpeed = Number(/"predicted_per_second":([\d.]+)/.exec(raw)?.[1] ?? Number.NaN);
  return { firstMs, wholeMs, text, serverSpeed };
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[values.length >> 1] ?? Number.NaN;
}
