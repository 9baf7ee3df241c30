// SPDX-License-Identifier: Apache-2.0
/**
 * For tests, run as a process of its own: reads the files that its input names, and says what each one cost.
 * Needs `--expose-gc`. In:  [{"kind":"adapter"|"base","path":"…"}]  Out: [{"code":"…","cpuMs":1,"peakBytes":1}]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { LoraError } from "../../errors.ts";
import { openFileSource } from "../../file-source/index.ts";
import { fingerprintBase } from "../../fingerprint/index.ts";
import { readAdapter } from "./adapter.ts";

interface Task {
  kind: "adapter" | "base";
  path: string;
}

/** The most memory that the process had since the last `resetPeak`; on Linux only, elsewhere since it began. */
function peakBytes(): number {
  const status = readText("/proc/self/status");
  const highWater = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (highWater === undefined ? process.resourceUsage().maxRSS : Number(highWater));
}

function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Then the peak only grows: a file's cost is counted from the highest one so far.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function read({ kind, path }: Task): Promise<string> {
  try {
    await using source = await openFileSource(path);
    await (kind === "adapter" ? readAdapter(source) : fingerprintBase(source));
    return "accepted";
  } catch (error) {
    return error instanceof LoraError ? error.code : `not a LoraError: ${error}`;
  }
}

const results: { code: string; cpuMs: number; peakBytes: number }[] = [];
for (const task of JSON.parse(readFileSync(0, "utf8")) as Task[]) {
  globalThis.gc?.();
  resetPeak();
  const before = peakBytes();
  const cpu = process.cpuUsage();
  const code = await read(task);
  const { user, system } = process.cpuUsage(cpu);
  results.push({ code, cpuMs: (user + system) / 1000, peakBytes: peakBytes() - before });
}
process.stdout.write(JSON.stringify(results));
