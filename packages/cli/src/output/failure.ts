// SPDX-License-Identifier: Apache-2.0
/** How a failure ends: words on stderr, or `{error: {code, message, hint}}` on stdout, and a status of sysexits.h. */
import { LoraError } from "@lora/client/errors";
import { Errors } from "@oclif/core";
import { paint } from "./paint.ts";
import { printableChunk } from "./printable.ts";

const EX_USAGE = 64;
const EX_SOFTWARE = 70;
/** As oclif ends it. */
const NO_SUCH_COMMAND = 127;

/** @returns the exit status */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
  const failure = describe(error);
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: failure.body }, null, 2)}\n`);
  } else {
    // Names of files and directories may have been chosen by whoever packed an archive.
    process.stderr.write(`${paint("red", "error")}: ${printableChunk(failure.body.message)}\n`);
    if (failure.body.hint !== undefined)
      process.stderr.write(`\n${paint("cyan", "hint")}: ${printableChunk(failure.body.hint)}\n`);
    if (failure.trace !== undefined) process.stderr.write(`\n${failure.trace}\n`);
  }
  return failure.exitStatus;
}

interface Failure {
  exitStatus: number;
  body: { code: string; message: string; hint?: string; details?: unknown };
  /** Of our own bugs only. */
  trace?: string;
}

function describe(error: unknown): Failure {
  if (error instanceof LoraError) return { exitStatus: error.kind.exitStatus, body: error.toJSON() };
  if (error instanceof Errors.CLIError) {
    // oclif's own: an unknown flag, a missing argument. Its message ends with a line that repeats --help.
    const message = error.message.replace(/\n*See more help with --help\s*$/, "");
    // Without a command there is none whose help one could see, and the message says what to do.
    const hint = error.oclif.exit === NO_SUCH_COMMAND ? {} : { hint: "see the command's --help" };
    return { exitStatus: EX_USAGE, body: { code: "USAGE", message, ...hint } };
  }
  const message = error instanceof Error ? error.message : String(error);
  const trace = error instanceof Error ? error.stack : undefined;
  return {
    exitStatus: EX_SOFTWARE,
    body: { code: "INTERNAL", message: `a bug in lora: ${message}` },
    ...(trace === undefined ? {} : { trace }),
  };
}
