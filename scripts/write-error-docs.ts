// SPDX-License-Identifier: Apache-2.0
/** Writes docs/errors.md from the one table of errors. `--check` only says whether it is up to date. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ERROR_KINDS } from "@lora/client/errors";

const path = join(import.meta.dirname, "..", "docs", "errors.md");
const rows = Object.entries(ERROR_KINDS).map(
  ([code, { httpStatus, exitStatus, meaning }]) =>
    `| \`${code}\` | ${httpStatus} | ${exitStatus} | ${meaning} |`,
);
const text = `# Errors

Every failure that a user can cause or meet has a code. Codes are stable: programs may rely on them.

- The command line prints \`error: …\` and, where one step is known to help, \`hint: …\` to stderr, and ends with the exit
  status below (those of sysexits.h). With \`--json\` it prints \`{"error": {"code", "message", "hint", "details"}}\` to stdout.
- Beside these, \`lora outdated\`, \`lora doctor\`, \`lora verify\`, \`lora audit\`, \`lora log monitor\` and
  \`lora-registry migrate --check\` end with 1 when they found something, and a signal ends a command with 128 and its number.
- The registry answers with the HTTP status below and the same object.

| code | HTTP | exit | meaning |
|---|---|---|---|
${rows.join("\n")}
`;

if (!process.argv.includes("--check")) await writeFile(path, text);
else if ((await readFile(path, "utf8").catch(() => "")) !== text) {
  console.error("docs/errors.md is out of date: node scripts/write-error-docs.ts");
  process.exitCode = 1;
}
