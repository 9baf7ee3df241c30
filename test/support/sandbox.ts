// SPDX-License-Identifier: Apache-2.0
/** A user's machine in a temporary directory: a LORA_HOME, directories to work in, and `lora` as a process. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const executable = join(root, "packages", "cli", "bin", "lora.js");

export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface LoraOptions {
  /** Relative to the sandbox. */
  cwd?: string;
  env?: Record<string, string>;
  input?: string;
  /** Id of the user to run as; only root may. */
  user?: number;
  onSpawn?: (child: ChildProcess) => void;
}

export interface Sandbox extends AsyncDisposable {
  directory: string;
  home: string;
  env: Record<string, string>;
  path(...parts: string[]): string;
  /** Runs `lora` to its end. Rejects only when it cannot be started. */
  lora(args: readonly string[], options?: LoraOptions): Promise<Outcome>;
  /** `lora … --json`: the one document on stdout, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: each command has its own document, asserted by the test
  json(args: readonly string[], options?: LoraOptions): Promise<any>;
}

export async function createSandbox(env: Record<string, string> = {}): Promise<Sandbox> {
  const directory = await mkdtemp(join(tmpdir(), "lora-test-"));
  const home = join(directory, "home");
  await mkdir(home);
  // Neither the developer's settings nor the CI machine: there a lockfile would be frozen.
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => key !== "CI" && (!key.startsWith("LORA_") || key === "LORA_LLAMA_SERVER"),
    ),
  ) as Record<string, string>;
  const sandbox: Sandbox = {
    directory,
    home,
    env: { ...inherited, LORA_HOME: home, LORA_THREADS: "1", NO_COLOR: "1", ...env },
    path: (...parts) => join(directory, ...parts),
    lora: (args, options = {}) => runLora(args, sandbox, options),
    async json(args, options) {
      const { stdout, stderr } = await sandbox.lora([...args, "--json"], options);
      try {
        return JSON.parse(stdout);
      } catch {
        throw new Error(`no JSON document on stdout: ${JSON.stringify(stdout)}\nstderr: ${stderr}`);
      }
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
  return sandbox;
}

function runLora(args: readonly string[], sandbox: Sandbox, options: LoraOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [executable, ...args], {
      cwd: sandbox.path(options.cwd ?? "."),
      env: { ...sandbox.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    options.onSpawn?.(child);
  });
}

/** Every file below a directory with its bytes: equal when nothing changed. */
export async function snapshot(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.slice(directory.length)] = (await readFile(path)).toString("base64");
    else if (entry.isDirectory()) files[`${path.slice(directory.length)}/`] = "";
  }
  return files;
}
