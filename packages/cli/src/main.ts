// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { flush, run, settings } from "@oclif/core";
import { reportFailure } from "./output/failure.ts";

/** Runs one command line and leaves its exit status in `process.exitCode`. */
export async function main(given: string[]): Promise<void> {
  const argv = withCommandFirst(given);
  // A reader that has seen enough (`lora list | head -1`) is no failure.
  // Before the listener of oclif, which throws what it does not know.
  process.stdout.prependListener("error", (error: NodeJS.ErrnoException) => {
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
    if (isJson(argv) && (await tellAsJson(argv, root, pjson))) return;
    if (/^(?:completion|autocomplete)\b/.test(argv[0] ?? ""))
      await (await import("./completion-cache.ts")).useOwnCompletionCache(process.env);
    // All commands are in the bundle: nothing that lies in a data directory becomes one.
    await run(argv, { root, pjson, userPlugins: false, devPlugins: false });
  } catch (error) {
    process.exitCode = reportFailure(error, isJson(argv));
  }
  await flush();
}

/** Behind `--` it is an argument of another program. */
function isJson(argv: readonly string[]): boolean {
  const dashes = argv.indexOf("--");
  return (dashes < 0 ? argv : argv.slice(0, dashes)).includes("--json");
}

/** oclif takes whatever comes first for the command: `lora --json list`. */
function withCommandFirst(argv: string[]): string[] {
  const [first, ...rest] = argv;
  if (first !== "--json" || rest.length === 0) return argv;
  const dashes = rest.indexOf("--");
  return rest.toSpliced(dashes < 0 ? rest.length : dashes, 0, first);
}

/** @returns whether what was asked for is no command, and was told */
async function tellAsJson(
  argv: readonly string[],
  root: string,
  pjson: { name: string; version: string; oclif: { topics: Record<string, { description?: string }> } },
): Promise<boolean> {
  const { helpDocument } = await import("./output/help-document.ts");
  const manifest = JSON.parse(readFileSync(join(root, "oclif.manifest.json"), "utf8"));
  const { name, version, oclif } = pjson;
  const document = helpDocument(argv, manifest, { name, version, topics: oclif.topics });
  if (document === undefined) return false;
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  return true;
}
