// SPDX-License-Identifier: Apache-2.0
/**
 * Runs as a process of its own: `node watchdog.js DIRECTORY`. Ends the process group whose number comes on standard
 * input, and removes DIRECTORY, as soon as standard input ends, which the kernel sees to when the owner dies of
 * anything at all. An owner that ends in order kills the watchdog instead.
 *
 *     "4711\n" EOF
 */
import { rmSync } from "node:fs";
import { killGroup } from "../owned-process.ts";

const [directory] = process.argv.slice(2);
let input = "";

process.stdin.setEncoding("utf8");
process.stdin.on("data", (text: string) => {
  input += text;
});
process.stdin.on("end", () => {
  const pid = Number.parseInt(input, 10);
  if (pid > 1) killGroup(pid);
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});
