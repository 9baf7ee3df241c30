// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-unfinished-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const moduleUrl = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Runs `code` in a process of its own, whose `end` sends itself the signal and would go on for ever. */
async function runToSignal(signal: NodeJS.Signals, code: string) {
  const child = spawn(
    process.execPath,
    [
      "--experimental-strip-types",
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "-e",
      `import { mkdirSync, writeFileSync } from "node:fs";
       import { writeStreamDurably } from ${moduleUrl("./durable-stream.ts")};
       import { removeOnSignal } from ${moduleUrl("./unfinished.ts")};
       import { openStaging } from ${moduleUrl("../publish/staging.ts")};
       process.chdir(${JSON.stringify(directory)});
       const end = () => {
         setInterval(() => {}, 1000);
         process.kill(process.pid, "${signal}");
         return new Promise(() => {});
       };
       ${code}`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [stdout, [exitCode, endedBy]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { stdout, exitCode, endedBy };
}

describe.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s", (signal) => {
  it("ends a process as ever, with nothing left of what it had begun", async () => {
    const { endedBy } = await runToSignal(
      signal,
      `writeFileSync("finished", "");
       removeOnSignal("finished")[Symbol.dispose]();
       removeOnSignal("begun");
       mkdirSync("begun");
       writeFileSync("begun/file", "");
       await end();`,
    );
    expect(endedBy).toBe(signal);
    expect(await readdir(directory)).toEqual(["finished"]);
  });
});

it.each([
  [
    "a file that is being written",
    `await writeStreamDurably("file", (async function* () {
       yield new Uint8Array(3_000_000);
       await end();
     })());`,
  ],
  [
    "a package that is being made",
    `const staging = openStaging(".");
     writeFileSync(await staging.place("a.gguf"), "");
     await end();`,
  ],
])("Ctrl-C leaves nothing of %s", async (_, code) => {
  expect(await runToSignal("SIGINT", code)).toMatchObject({ endedBy: "SIGINT" });
  expect(await readdir(directory)).toEqual([]);
});

it("leaves the end to whoever else listens", async () => {
  const { stdout, exitCode } = await runToSignal(
    "SIGINT",
    `using unfinished = removeOnSignal("begun");
     writeFileSync("begun", "");
     process.on("SIGINT", () => {
       console.log("ended in order");
       process.exit(3);
     });
     await end();`,
  );
  expect({ stdout, exitCode }).toEqual({ stdout: "ended in order\n", exitCode: 3 });
  expect(await readdir(directory)).toEqual(["begun"]);
});
