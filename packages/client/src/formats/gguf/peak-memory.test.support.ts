// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from "node:fs";

/** The most memory that this process had since the last `resetPeak`; elsewhere than on Linux, since it began. */
export function peakBytes(): number {
  const highWater = /^VmHWM:\s+(\d+) kB$/m.exec(readText("/proc/self/status"))?.[1];
  return 1024 * (highWater === undefined ? process.resourceUsage().maxRSS : Number(highWater));
}

export function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Then the peak only grows, and what costs less than something before it costs nothing.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
