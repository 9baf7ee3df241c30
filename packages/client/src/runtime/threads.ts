// SPDX-License-Identifier: Apache-2.0
/**
 * How many threads compute. llama.cpp's threads wait for one another by spinning after every operation: where one of
 * them has to share its core, all of them wait for it. One core is therefore left to everything else
 * (docs/decisions/2026-11-22-threads.md has the figures).
 */
import { readdir, readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";

export const MAX_THREADS = 512;

const CPU_DIRECTORY = "/sys/devices/system/cpu";

/**
 * `LORA_THREADS`, else the physical cores that this process may use, less one, at least one.
 * @throws LoraError USAGE when LORA_THREADS is no whole number from 1 to MAX_THREADS
 */
export async function chooseThreads(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const asked = env.LORA_THREADS;
  if (asked === undefined || asked === "") return defaultThreads(await countPhysicalCores());
  const threads = /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
  if (threads >= 1 && threads <= MAX_THREADS) return threads;
  throw new LoraError("USAGE", `LORA_THREADS is ${quote(asked)}, not a number of threads`, {
    hint: `set LORA_THREADS to a whole number from 1 to ${MAX_THREADS}, or unset it`,
  });
}

/** `availableParallelism` knows the affinity and the limits of a container, but counts hyper-threads. */
export function defaultThreads(physicalCores: number, available = availableParallelism()): number {
  return Math.max(1, Math.min(physicalCores, available) - 1);
}

/**
 * Two hyper-threads of one core share its arithmetic units: a second one only adds waiting. Exact on Linux; elsewhere
 * x64 processors are taken to have two hyper-threads a core, others one.
 */
async function countPhysicalCores(): Promise<number> {
  const logical = cpus().length;
  const guess = process.arch === "x64" && process.platform !== "linux" ? Math.ceil(logical / 2) : logical;
  return (await countLinuxCores()) ?? guess;
}

async function countLinuxCores(): Promise<number | undefined> {
  const entries = await readdir(CPU_DIRECTORY).catch((): string[] => []);
  const siblings = await Promise.all(
    entries
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) =>
        readFile(`${CPU_DIRECTORY}/${name}/topology/thread_siblings_list`, "utf8").catch(() => ""),
      ),
  );
  return countCores(siblings);
}

/** Each processor names the processors on its core, itself included ("0,4" or "0-1"): as many cores as distinct lists. */
export function countCores(siblings: readonly string[]): number | undefined {
  const cores = new Set(siblings.map((list) => list.trim()).filter((list) => list !== ""));
  return cores.size === 0 ? undefined : cores.size;
}
