// SPDX-License-Identifier: Apache-2.0
/** Where the output goes, a disk may be full. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createSandbox } from "../support/sandbox.ts";

const executable = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "lora.js");

it
  .runIf(process.platform === "linux")
  .each([[["pack", "--help"]], [["cache", "ls"]], [["cache", "ls", "--json"]]])(
  "a full disk is said in a line, and in the exit status: %j",
  async (args) => {
    await using sandbox = await createSandbox();
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [executable, ...args], {
      env: sandbox.env,
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({ status: 74, stderr: "error: cannot write the output: ENOSPC\n" });
  },
);
