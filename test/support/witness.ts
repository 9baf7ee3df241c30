// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/registry/bin/lora-registry.js", import.meta.url));

export interface TestWitness {
  url: string;
  /** Public half of its key. */
  key: string;
  /** What it logged so far. */
  logged(): string;
  stop(): Promise<void>;
  /** As a crash would. */
  kill(): Promise<void>;
}

/** Starts `lora-registry witness` as a process of its own, on the loopback, and waits until it answers. */
export async function startTestWitness(options: {
  logKey: string;
  origin: string;
  dataDirectory: string;
  name?: string;
  port?: number;
}): Promise<TestWitness> {
  const { logKey, origin, dataDirectory, name, port = 0 } = options;
  const args = ["--log-key", logKey, "--origin", origin, "--data", dataDirectory, "--port", String(port)];
  const named = name === undefined ? [] : ["--name", name];
  const child = spawn(process.execPath, [BIN, "witness", ...args, ...named, "--every", "1"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  const ended = once(child, "exit");
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const announced = new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      if (/ {2}witness \S+ \S+ \S+\n/.test(stdout)) resolve();
    });
  });
  await Promise.race([announced, ended]);
  const [, key, url] = / {2}witness \S+ (\S+) (\S+)\n/.exec(stdout) ?? [];
  if (key === undefined || url === undefined) throw new Error(`the witness ended: ${stderr}`);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return {
    url,
    key,
    logged: () => stderr,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}
