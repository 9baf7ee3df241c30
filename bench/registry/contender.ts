// SPDX-License-Identifier: Apache-2.0
/** Servers under load, each a process on the first core; the load comes from the second. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export const KINDS = ["index 200", "index 304", "blob of 1 MB", "version manifest", "search"] as const;
export type Kind = (typeof KINDS)[number];

export interface Request {
  url: string;
  headers: Record<string, string>;
  /** Of every answer. */
  status: 200 | 304;
}

export interface Contender {
  name: string;
  requests: Record<Kind, Request>;
  /** What its process occupies, now. */
  memoryBytes(): number;
  stop(): Promise<void>;
}

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

export function onCore(core: number, command: string, args: readonly string[]): [string, string[]] {
  return process.platform === "linux"
    ? ["taskset", ["-c", String(core), command, ...args]]
    : [command, [...args]];
}

/** Starts a server on its core and waits for the line in which it says where it is. */
export async function startServer(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  address: RegExp,
): Promise<{
  url: string;
  pid: number;
  output: () => string;
  memoryBytes: () => number;
  stop: () => Promise<void>;
}> {
  const child = spawn(...onCore(SERVER_CORE, process.execPath, args), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text = (text + chunk).slice(-20_000);
        const found = address.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
    child.once("exit", () => reject(new Error(`${args.join(" ")} ended: ${text}`)));
  });
  return {
    url,
    pid: child.pid ?? -1,
    output: () => text,
    memoryBytes: () => residentBytes(child),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** taskset becomes the server, so the process id is the server's. */
function residentBytes(child: ChildProcess): number {
  if (process.platform !== "linux") return Number.NaN;
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** `request` once, for its answer. */
export async function ask({ url, headers, status }: Request): Promise<{ body: Buffer; headers: Headers }> {
  const response = await fetch(url, { headers });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status === status) return { body, headers: response.headers };
  throw new Error(`${url} answered ${response.status}: ${body.toString().slice(0, 300)}`);
}

/** The five requests from where things are; the 304 needs the index's ETag. */
export async function requestsFor(paths: Record<Exclude<Kind, "index 304">, string>) {
  const plain = (url: string): Request => ({ url, headers: {}, status: 200 });
  const index = plain(paths["index 200"]);
  const etag = (await ask(index)).headers.get("etag") ?? "";
  return {
    "index 200": index,
    "index 304": { url: index.url, headers: { "if-none-match": etag }, status: 304 },
    "blob of 1 MB": plain(paths["blob of 1 MB"]),
    "version manifest": plain(paths["version manifest"]),
    search: plain(paths.search),
  } satisfies Record<Kind, Request>;
}
