// SPDX-License-Identifier: Apache-2.0
/**
 * A child process that never outlives its owner:
 * - it leads a process group, and the whole group is killed, so that a wrapper script takes its llama-server along;
 * - when the owner exits, by `process.exit` or an exception, an exit handler kills the group;
 * - when the owner is killed outright (SIGKILL, out of memory), whoever starts the process must have arranged for its
 *   end: llama-server has a watchdog, the embedded worker watches its channel.
 * A runtime keeps nothing that would have to be saved, so SIGKILL is the only signal.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { LoraError } from "../errors.ts";

const MAX_LOG_LINES = 200;
const MAX_LINE_LENGTH = 2000;
/** How long to wait for the rest of the output of a process that has ended; a grandchild could hold the pipe open. */
const OUTPUT_GRACE_MS = 1000;

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface OwnedProcess {
  /** For messages: "llama-server". */
  readonly name: string;
  readonly child: ChildProcess;
  readonly pid: number;
  /** undefined while it runs. */
  readonly exit: ProcessExit | undefined;
  /** Settles once the process has ended and its output is read. */
  readonly exited: Promise<ProcessExit>;
  /** The last lines of both outputs, oldest first. */
  lastLines(): readonly string[];
  /** Ends it and waits for the end; does nothing to one that has ended. */
  kill(): Promise<void>;
}

/** Groups to kill when this process exits. */
const alive = new Set<number>();
let watchingExit = false;

/**
 * @param child spawned with `detached: OWN_GROUP` and both outputs piped
 * @param onLine called with each line of either output
 * @throws LoraError RUNTIME_FAILED when it could not be started
 */
export async function ownProcess(
  name: string,
  child: ChildProcess,
  onLine: (line: string) => void = () => {},
): Promise<OwnedProcess> {
  const lines: string[] = [];
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ended = new Promise<ProcessExit>((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, signal })),
  );
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    readLines(output, (line) => {
      if (lines.push(line) > MAX_LOG_LINES) lines.shift();
      onLine(line);
    });
  }
  try {
    if (child.pid === undefined) await once(child, "spawn");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LoraError("RUNTIME_FAILED", `${name} could not be started: ${why}`, { cause });
  }
  const pid = child.pid;
  if (pid === undefined) throw new LoraError("RUNTIME_FAILED", `${name} could not be started`);
  // A message that cannot be sent any more: the end of the process says it better.
  child.on("error", () => {});

  alive.add(pid);
  if (!watchingExit) process.on("exit", () => alive.forEach(killGroup));
  watchingExit = true;

  const state: { exit: ProcessExit | undefined } = { exit: undefined };
  const exited = ended.then(async (exit) => {
    killGroup(pid);
    alive.delete(pid);
    await Promise.race([closed, delay(OUTPUT_GRACE_MS)]);
    state.exit = exit;
    return exit;
  });

  return {
    name,
    child,
    pid,
    get exit() {
      return state.exit;
    },
    exited,
    lastLines: () => [...lines],
    async kill() {
      if (alive.has(pid)) killGroup(pid);
      await exited;
    },
  };
}

/** Windows has no process groups: there only the child itself is killed. */
export const OWN_GROUP = process.platform !== "win32";

/** @param pid of the group's leader; a group that is gone is no error */
export function killGroup(pid: number): void {
  try {
    process.kill(OWN_GROUP ? -pid : pid, "SIGKILL");
  } catch {
    // ESRCH: it ended by itself.
  }
}

function readLines(output: Readable, onLine: (line: string) => void): void {
  let rest = "";
  output.setEncoding("utf8");
  output.on("data", (text: string) => {
    const parts = (rest + text).split(/\r?\n/);
    rest = (parts.pop() ?? "").slice(0, MAX_LINE_LENGTH);
    for (const line of parts) onLine(line.slice(0, MAX_LINE_LENGTH));
  });
  output.on("end", () => {
    if (rest !== "") onLine(rest);
  });
  output.on("error", () => {});
}

/** Does not keep the process alive. */
function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
