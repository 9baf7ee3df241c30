// SPDX-License-Identifier: Apache-2.0
/**
 * For tests, run as a process of its own: reads the files that its input names, and says what each one cost.
 * Needs `--expose-gc`. In:  [{"kind":"adapter"|"base","path":"…"}]  Out: [{"code":"…","cpuMs":1,"peakBytes":1}]
 */
import { readFileSync } from "node:fs";
import { LoraError } from "../../errors.ts";
import { openFileSource } from "../../file-source/index.ts";
import { fingerprintBase } from "../../fingerprint/index.ts";
import { readAdapter } from "./adapter.ts";
import { peakBytes, resetPeak } from "./peak-memory.test.support.ts";

interface Task {
  kind: "adapter" | "base";
  path: string;
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
