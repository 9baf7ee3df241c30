// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";

/** Also false for one that has ended and that nobody has waited for: a container may have no init that does. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // `4711 (llama-server) Z 1 …`; only Linux has it.
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}
