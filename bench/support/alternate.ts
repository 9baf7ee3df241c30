// SPDX-License-Identifier: Apache-2.0
/** What benches of whole processes share: runs in turn, medians, and results that are kept. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

export interface Contender {
  name: string;
  /** Not measured. */
  prepare?: () => void;
  /** Throws when it did not do its work. */
  run: () => void;
}

/** Median milliseconds of each, by name. In turn, so that a busy moment of the machine falls on all of them. */
export function alternate(
  contenders: readonly Contender[],
  rounds: number,
  warmUps = 1,
): Map<string, number> {
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const { name, prepare, run } of contenders) {
      prepare?.();
      const started = performance.now();
      run();
      if (round >= 0) times.get(name)?.push(performance.now() - started);
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** @throws Error with what the program said, unless it ends with 0 */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", ...options });
  if (status === 0) return stdout;
  throw new Error(
    `${command} ${args.join(" ")} ended with ${status}: ${error?.message ?? ""}${stdout}${stderr}`,
  );
}

/** One row a comparison: a ratio to a peer in the same run, and the most that it may be. */
export interface Row {
  what: string;
  ms: number;
  peer: string;
  peerMs: number;
  goal?: number;
}

/** Prints the table, keeps it in bench/results/, and sets the exit status where a goal is missed. */
export function report(bench: string, rows: readonly Row[]): void {
  const told = rows.map(({ what, ms, peer, peerMs, goal }) => {
    const ratio = ms / peerMs;
    return {
      what,
      ms: Math.round(ms),
      peer,
      "peer ms": Math.round(peerMs),
      ratio: Number(ratio.toFixed(2)),
      "at most": goal ?? "",
      "": goal === undefined ? "" : ratio <= goal ? "met" : "NOT met",
    };
  });
  console.table(told);
  const results = join(import.meta.dirname, "..", "results");
  mkdirSync(results, { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model };
  writeFileSync(join(results, `${bench}.json`), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  if (rows.some(({ ms, peerMs, goal }) => goal !== undefined && ms / peerMs > goal)) process.exitCode = 1;
}
