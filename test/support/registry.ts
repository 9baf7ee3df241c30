// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/registry/bin/lora-registry.js", import.meta.url));

export interface TestRegistryOptions {
  /** Kept by `stop`. Default: a temporary one, removed by `stop`. */
  dataDirectory?: string;
  /** Default: a free one. */
  port?: number;
  /** More arguments of `lora-registry serve`. */
  args?: string[];
  /** More environment. Without it the registry is the embedded one, whatever services the tests have. */
  env?: Record<string, string>;
}

export interface TestRegistry extends AsyncDisposable {
  url: string;
  /** The admin token: empty when the data directory was used before, since it is shown only once. */
  token: string;
  dataDirectory: string;
  pid: number;
  /** All that the process printed so far. */
  output(): { stdout: string; stderr: string };
  /** Ends it as an operator would, removes a temporary data directory, and gives its exit status. */
  stop(): Promise<number | null>;
  /** Ends it as a crash would. The data stays: start another on it, and stop that one. */
  kill(): Promise<void>;
}

/** Starts `lora-registry serve` as a process of its own, on the loopback, and waits until it answers. */
export async function startTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "lora-registry-")));
  const port = String(options.port ?? 0);
  const child = spawn(
    process.execPath,
    [BIN, "serve", "--port", port, "--data", dataDirectory, ...(options.args ?? [])],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...embeddedEnvironment(), ...options.env } },
  );
  const ended = once(child, "exit");
  const output = collectOutput(child);

  const removeData = async () => {
    if (options.dataDirectory === undefined) await rm(dataDirectory, { recursive: true, force: true });
  };
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
    await removeData();
    return child.exitCode;
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };

  const url = await Promise.race([output.announced, ended.then(() => undefined)]);
  if (url === undefined) {
    await removeData();
    throw new Error(`lora-registry ended with ${child.exitCode}: ${output.stderr()}`);
  }
  return {
    url,
    token: /lora_[0-9A-Za-z]{36}/.exec(output.stdout())?.[0] ?? "",
    dataDirectory,
    pid: child.pid as number,
    output: () => ({ stdout: output.stdout(), stderr: output.stderr() }),
    stop,
    kill,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

function embeddedEnvironment(): NodeJS.ProcessEnv {
  const services = /^(?:DATABASE_URL|S3_|AWS_|LORA_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !services.test(name)));
}

function collectOutput(child: ChildProcess) {
  let stdout = "";
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  // The whole announcement is written at once, so the token is there when the address is.
  const announced = new Promise<string>((resolve) => {
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      const url = /listens at (\S+)\n/.exec(stdout)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  return { stdout: () => stdout, stderr: () => stderr, announced };
}
