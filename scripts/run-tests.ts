// SPDX-License-Identifier: Apache-2.0
/**
 * The whole test suite, and a last line that any script can read: `N passed, N failed`, with `, N skipped` if any were.
 * Under LORA_REQUIRE_SERVICES=1 a skipped test is a failure.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numTotalTests: number;
}

const directory = mkdtempSync(join(tmpdir(), "lora-report-"));
const reportPath = join(directory, "report.json");
const args = [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${reportPath}`,
  ...process.argv.slice(2),
];
const { status } = spawnSync("vitest", args, { stdio: "inherit", shell: process.platform === "win32" });
const report = readReport();
rmSync(directory, { recursive: true, force: true });
if (report === undefined) {
  console.error("vitest wrote no report");
  process.exit(1);
}
const { numPassedTests: passed, numFailedTests: failed } = report;
const skipped = report.numPendingTests + report.numTodoTests;
const skippedIsFailure = process.env.LORA_REQUIRE_SERVICES === "1" && skipped > 0;
if (skippedIsFailure)
  console.error(`error: ${skipped} tests were skipped although every service is required`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = status === 0 && failed === 0 && passed > 0 && !skippedIsFailure ? 0 : 1;

function readReport(): Report | undefined {
  try {
    return JSON.parse(readFileSync(reportPath, "utf8")) as Report;
  } catch {
    return undefined;
  }
}
