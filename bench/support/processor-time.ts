// SPDX-License-Identifier: Apache-2.0
/** What processes have cost, however many others wanted the processor: milliseconds, of all their threads. Linux alone tells. */
import { readdirSync, readFileSync } from "node:fs";

/** NaN where nobody can tell. */
export function processorMs(pids: readonly number[]): number {
  if (process.platform !== "linux") return Number.NaN;
  return pids.reduce((sum, pid) => sum + threadsMs(pid), 0);
}

function threadsMs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanoseconds = threads.map((id) =>
      Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]),
    );
    return nanoseconds.reduce((sum, own) => sum + own, 0) / 1e6;
  } catch {
    // Ended, or of another machine.
    return Number.NaN;
  }
}
