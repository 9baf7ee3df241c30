// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { quote } from "../../names.ts";
import { printable } from "../failure.ts";
import type { Located } from "../located.ts";

/** `--version` loads the drivers of graphics cards, which can take seconds; a program that never answers is none. */
const VERSION_TIMEOUT_MS = 20_000;

/**
 * `LORA_LLAMA_SERVER`, else the first `llama-server` on PATH that runs. What the variable names must work: a typing
 * error there is reported, not passed over.
 */
export async function locateLlamaServer(
  env: NodeJS.ProcessEnv,
): Promise<Located<{ executable: string; version: string }>> {
  const named = env.LORA_LLAMA_SERVER;
  if (named !== undefined && named !== "") {
    const executable = resolve(named);
    const found = await tryExecutable(executable);
    return typeof found === "string"
      ? { found: false, insisted: true, reason: `LORA_LLAMA_SERVER names ${quote(named)}, which ${found}` }
      : { found: true, executable, ...found };
  }
  let reason = "there is no llama-server on PATH";
  const program = process.platform === "win32" ? "llama-server.exe" : "llama-server";
  for (const directory of (env.PATH ?? env.Path ?? "").split(delimiter)) {
    // A relative entry would find whatever the current directory holds.
    if (!isAbsolute(directory)) continue;
    const executable = join(directory, program);
    if (!(await isFile(executable))) continue;
    const found = await tryExecutable(executable);
    if (typeof found !== "string") return { found: true, executable, ...found };
    reason = `${executable} ${found}`;
  }
  return { found: false, insisted: false, reason };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Its version, or as a string what is wrong with it. */
async function tryExecutable(path: string): Promise<{ version: string } | string> {
  if (!(await isFile(path))) return "is no file";
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!executable) return "may not be executed";
  return new Promise((done) => {
    execFile(path, ["--version"], { timeout: VERSION_TIMEOUT_MS }, (error, stdout, stderr) => {
      const version = parseVersion(`${stdout}\n${stderr}`);
      if (version !== undefined) done({ version });
      else if (error?.killed) done("does not answer --version");
      else done(`is no llama-server: its --version says ${quote(printable(stdout || stderr))}`);
    });
  });
}

/** `version: 0.7.0 (build 11669, commit Debian)`, or `version: 5678 (0a1b2c3)` of the years before. */
export function parseVersion(output: string): string | undefined {
  return /^version: (?<version>\d[\w.+-]*)/m.exec(output)?.groups?.version;
}
