// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { flush, run, settings } from "@oclif/core";
import { reportFailure } from "./output/failure.ts";

/** Runs one command line and leaves its exit status in `process.exitCode`. */
export async function main(argv: string[]): Promise<void> {
  // A reader that has seen enough (`lora list | head -1`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    const code = error.code === "ENOSPC" ? "DISK_FULL" : "IO_FAILED";
    process.exit(reportFailure(new LoraError(code, `cannot write the output: ${error.code}`), false));
  });
  try {
    // Under NODE_ENV=test or development oclif would look for a TypeScript loader and for sources.
    settings.enableAutoTranspile = false;
    const root = join(import.meta.dirname, "..");
    // Else oclif would look for it in each directory above.
    const pjson = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    // All commands are in the bundle: nothing that lies in a data directory becomes one.
    await run(argv, { root, pjson, userPlugins: false, devPlugins: false });
  } catch (error) {
    process.exitCode = reportFailure(error, argv.includes("--json"));
  }
  await flush();
}
