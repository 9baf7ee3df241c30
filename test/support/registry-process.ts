// SPDX-License-Identifier: Apache-2.0
/** `lora-registry serve` as a process of its own, on the loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/registry/bin/lora-registry.js", import.meta.url));

export interface RegistryProcess {
  url: string;
  /** The admin token, where this start made it. */
  token: string;
  pid: number;
  /** All that it printed so far. */
  output(): { stdout: string; stderr: string };
  /** Sends the signal, unless it has ended, and waits. Returns the exit status; null after a signal. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/** Resolves when it listens. @throws Error with what it said when it ends before that */
export async function startRegistryProcess(options: {
  dataDirectory: string;
  port?: number | undefined;
  args?: readonly string[] | undefined;
  env?: Record<string, string> | undefined;
  /** Default: the one of the repository. */
  bin?: string | undefined;
}): Promise<RegistryProcess> {
  const port = String(options.port ?? 0);
  const bin = options.bin ?? BIN;
  const args = [bin, "serve", "--port", port, "--data", options.dataDirectory, ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...embeddedEnvironment(), ...options.env },
  });
  const ended = once(child, "exit");
  const output = collectOutput(child);
  const url = await Promise.race([output.announced, ended.then(() => undefined)]);
  if (url === undefined) throw new Error(`lora-registry ended with ${child.exitCode}: ${output.stderr()}`);
  return {
    url,
    token: /lora_[0-9A-Za-z]{36}/.exec(output.stdout())?.[0] ?? "",
    pid: child.pid as number,
    output: () => ({ stdout: output.stdout(), stderr: output.stderr() }),
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
      return child.exitCode;
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
