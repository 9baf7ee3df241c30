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

/** Of docs/runtimes.md, with the slots of the gateway. */
export const RECIPE = ["--cache-ram", "0", "--parallel", "4"];

/** Of each answer that is timed. */
export const TOKENS = 64;

/** The members of a request that make TOKENS tokens, whatever they are, and compute the whole prompt each time. */
export const generation = (prompt: string) => ({
  prompt,
  max_tokens: TOKENS,
  temperature: 0,
  ignore_eos: true,
  cache_prompt: false,
});

export interface Timing {
  /** Until the first text arrived. */
  firstMs: number;
  wholeMs: number;
  text: string;
  /** As llama-server counted them: a piece of text may be several tokens, and a token no text at all. */
  tokens: number;
  /** Events that brought text. */
  pieces: number;
}

/** A connection a request: llama-server ends a kept one after a hundred. */
const connections = new Agent({ keepAlive: false });

/** A streamed completion. */
export async function timeStream(url: string, body: Record<string, unknown>): Promise<Timing> {
  const started = performance.now();
  const outgoing = request(`${url}/v1/completions`, { method: "POST", agent: connections });
  outgoing.end(JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }));
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  let firstMs = 0;
  let raw = "";
  incoming.setEncoding("utf8");
  for await (const chunk of incoming) {
    firstMs ||= performance.now() - started;
    raw += chunk;
  }
  const wholeMs = performance.now() - started;
  if (incoming.statusCode !== 200) throw new Error(raw);
  const events = raw
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice("data: ".length)));
  const texts = events.map(({ choices }) => choices?.[0]?.text ?? "").filter((text) => text !== "");
  const tokens = events.findLast(({ usage }) => usage)?.usage.completion_tokens;
  if (typeof tokens !== "number") throw new Error(`no count of tokens in ${raw}`);
  return { firstMs, wholeMs, text: texts.join(""), tokens, pieces: texts.length };
}

export function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** @param share 0 the smallest, 1 the largest */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
