// SPDX-License-Identifier: Apache-2.0
import { flush, run } from "@oclif/core";
import { reportFailure } from "./output/failure.ts";

/** Runs one command line and leaves its exit status in `process.exitCode`. */
export async function main(argv: string[]): Promise<void> {
  // A reader that has seen enough (`lora list | head -1`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  try {
    await run(argv, { root: import.meta.dirname });
  } catch (error) {
    process.exitCode = reportFailure(error, argv.includes("--json"));
  }
  await flush();
}
