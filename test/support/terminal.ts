// SPDX-License-Identifier: Apache-2.0
/** `lora` on a terminal of its own, with a person who types answers. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Sandbox } from "./sandbox.ts";

const executable = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "lora.js");

/**
 * @param answers what is typed when a question is there, in order
 * @returns all that was on the screen, both streams and what the terminal echoed
 */
export function loraOnTerminal(
  sandbox: Sandbox,
  args: readonly string[],
  answers: readonly [question: string, typed: string][],
): Promise<{ exitCode: number | null; screen: string }> {
  const command = [process.execPath, executable, ...args].map((each) => `'${each}'`).join(" ");
  // util-linux's script: the one common program that makes a terminal.
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: sandbox.directory,
    env: { ...sandbox.env, TERM: "dumb" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  let read = 0;
  const waiting = [...answers];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [question, typed] = waiting[0] ?? [];
    const at = question === undefined ? -1 : screen.indexOf(question, read);
    if (question === undefined || at < 0) return;
    read = at + question.length;
    waiting.shift();
    child.stdin.write(`${typed}\r`);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      child.stdin.end();
      resolve({ exitCode, screen });
    });
  });
}
