// SPDX-License-Identifier: Apache-2.0
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { LoraError } from "../errors.ts";

/**
 * Makes a directory and those above it, unless they are there. Not Node's own `recursive`: it never ends where the
 * system says of a directory that is there that nothing can be made in it because it is not there, as Linux does below
 * /proc (a LORA_HOME can be anywhere).
 * @param mode of those that are made
 * @throws LoraError IO_FAILED where that is so, and else what the system says
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  if (await isMade(path, mode)) return;
  const parent = dirname(path);
  if (parent !== path) {
    await makeDirectory(parent, mode);
    if (await isMade(path, mode)) return;
  }
  throw new LoraError("IO_FAILED", `no directory can be made in ${parent}`, { details: { path } });
}

/** False where the directory above is missing. */
async function isMade(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (cause) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) return true;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return false;
    throw cause;
  }
}
