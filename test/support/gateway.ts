// SPDX-License-Identifier: Apache-2.0
/** `lora serve` as a process, and what its clients ask. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";

const executable = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "lora.js");

/** tiny-say has no chat template: the last message as it is, with the newline that ends a prompt. */
export const CHAT_TEMPLATE = ["--chat-template", "{{ messages[-1].content + '\\n' }}"];

export interface ServeProcess extends AsyncDisposable {
  url: string;
  pid: number;
  stderr(): string;
  /** What it tells `lora status`. */
  // biome-ignore lint/suspicious/noExplicitAny: asserted by the test
  status(): Promise<any>;
  /** Ends it as an operator would, and gives its exit status. */
  stop(): Promise<number | null>;
}

export async function startServe(
  sandbox: Sandbox,
  project: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<ServeProcess> {
  const child = spawn(process.execPath, [executable, "serve", "--port", "0", ...args], {
    cwd: sandbox.path(project),
    env: { ...sandbox.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const { announced, stderr } = collect(child);
  const url = await Promise.race([announced, ended.then(() => undefined)]);
  if (url === undefined) throw new Error(`lora serve ended with ${child.exitCode}: ${stderr()}`);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
    return child.exitCode;
  };
  return {
    url,
    pid: child.pid as number,
    stderr,
    status: async () => (await fetch(`${url}/lora/status`)).json(),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

function collect(child: ChildProcess) {
  let stdout = "";
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const announced = new Promise<string>((resolve) => {
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      const url = / at (\S+)\/v1\n/.exec(stdout)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  return { announced, stderr: () => stderr };
}

export interface Ask {
  model?: string;
  prompt: string;
  maxTokens?: number;
  stream?: boolean;
}

/** A completion at temperature 0 up to the newline. @throws Error with the gateway's own message */
export async function complete(
  url: string,
  { model, prompt, maxTokens = 32, stream = false }: Ask,
): Promise<string> {
  const answer = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, prompt, max_tokens: maxTokens, temperature: 0, stop: ["\n"], stream }),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status}: ${text}`);
  if (!stream) return JSON.parse(text).choices[0].text;
  const events = text.split("\n\n").filter((event) => event !== "");
  if (events.at(-1) !== "data: [DONE]") throw new Error(`the stream broke off: ${events.at(-1)}`);
  return events
    .slice(0, -1)
    .map((event) => {
      const { choices, error } = JSON.parse(event.replace(/^data: /, ""));
      if (error !== undefined) throw new Error(error.message);
      return choices[0]?.text ?? "";
    })
    .join("");
}
