// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { HEAVY_ADAPTERS, HEAVY_BASES } from "./heavy.test.support.ts";
import { HOSTILE_ADAPTERS } from "./hostile-adapters.test.support.ts";
import { HOSTILE_BASES } from "./hostile-bases.test.support.ts";
import type { HostileFile } from "./hostile-file.test.support.ts";

const MAX_BYTES = 50_000_000;
/** Of processor time, which other processes of a busy machine do not lengthen. */
const MAX_CPU_MS = 1000;

const directory = mkdtempSync(join(tmpdir(), "lora-cost-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** On the disk, so that the process that reads a file never held it; what is zeros behind the head is a hole. */
function store(file: HostileFile, i: number): string {
  const path = join(directory, `${i}.gguf`);
  const { head, sizeBytes } = file.make();
  writeFileSync(path, head);
  truncateSync(path, sizeBytes);
  return path;
}

function costs(kind: "adapter" | "base", files: readonly HostileFile[]) {
  const tasks = files.map((file, i) => ({ kind, path: store(file, i) }));
  const child = fileURLToPath(new URL("./cost-child.test.support.ts", import.meta.url));
  const output = execFileSync(process.execPath, ["--expose-gc", child], { input: JSON.stringify(tasks) });
  const results = JSON.parse(output.toString()) as { code: string; cpuMs: number; peakBytes: number }[];
  return results.map((result, i) => ({ ...result, name: files[i]?.name, wanted: files[i]?.code }));
}

describe("what refusing a file costs", () => {
  it.each([
    ["adapter", [...HOSTILE_ADAPTERS, ...HEAVY_ADAPTERS]],
    ["base", [...HOSTILE_BASES, ...HEAVY_BASES]],
  ] as const)("is below 50 MB and a second: every hostile %s", (kind, files) => {
    const results = costs(kind, files);
    expect(results).toHaveLength(files.length);
    expect(results.filter(({ code, wanted }) => code !== wanted)).toEqual([]);
    expect(results.filter(({ peakBytes }) => peakBytes > MAX_BYTES)).toEqual([]);
    expect(results.filter(({ cpuMs }) => cpuMs > MAX_CPU_MS)).toEqual([]);
  });
});
