// SPDX-License-Identifier: Apache-2.0
/** A command of `lora-registry` that does its work and ends. */
import { type ChildProcess, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./sandbox.ts";

const BIN = fileURLToPath(new URL("../../packages/registry/bin/lora-registry.js", import.meta.url));

/** Rejects never: how it ended is in the outcome. @param env all that it has besides PATH */
export function runRegistryCommand(
  args: readonly string[],
  env: Record<string, string> = {},
  onSpawn: (child: ChildProcess) => void = () => {},
): Promise<Outcome> {
  const options = { env: { PATH: process.env.PATH ?? "", ...env } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, ...args], options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode, stdout, stderr }),
    );
    onSpawn(child);
  });
}
