// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { OWN_GROUP } from "../owned-process.ts";

export interface Guard {
  /** From here on the group dies with this process, whatever this process dies of. */
  watch(pid: number): void;
  /** To be called when the group has ended and the directory is gone. */
  release(): void;
}

/**
 * Starts the watchdog. It is started before what it watches, and is told the number through a pipe that holds the
 * bytes until it reads them: the time between start and watch in which a SIGKILL leaves an orphan is one system call.
 * @param directory removed when this process is killed
 */
export function startGuard(directory: string): Guard {
  const script = fileURLToPath(new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url));
  const watchdog = spawn(process.execPath, [script, directory], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: OWN_GROUP,
    windowsHide: true,
  });
  // Without a watchdog (no memory for one more process) only the guarantee against SIGKILL is lost.
  watchdog.on("error", () => {});
  watchdog.stdin.on("error", () => {});
  watchdog.unref();
  return {
    watch: (pid) => void watchdog.stdin.write(`${pid}\n`),
    release: () => void watchdog.kill("SIGKILL"),
  };
}
