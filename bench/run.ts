// SPDX-License-Identifier: Apache-2.0
/**
 * Runs the benches of this directory one after another, each as a process of its own.
 *
 *     node bench/run.ts            all of them
 *     node bench/run.ts install    those that are named
 *
 * Exits with 1 where a bench did.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const benches = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".ts") && name !== "run.ts")
  .map((name) => name.slice(0, -".ts".length));
const chosen = process.argv.length > 2 ? process.argv.slice(2) : benches;
for (const name of chosen) {
  if (benches.includes(name)) continue;
  console.error(`there is no bench ${JSON.stringify(name)}; there are ${benches.join(", ")}`);
  process.exit(64);
}
for (const name of chosen) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
