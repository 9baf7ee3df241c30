// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireFileLock, readHolderPid, withFileLock } from "./index.ts";

let directory: string;
let path: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-lock-"));
  path = join(directory, "data.lock");
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
  await rm(directory, { recursive: true, force: true });
});

const moduleUrl = new URL("./index.ts", import.meta.url).href;

/** A process that runs `code`, in which the module's exports, `path` and `say` (a line on stdout) are known. */
function start(code: string): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      "--experimental-strip-types",
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "-e",
      `import { acquireFileLock, withFileLock } from ${JSON.stringify(moduleUrl)};
       import { readFileSync, writeFileSync } from "node:fs";
       const path = ${JSON.stringify(path)}; const say = (line) => process.stdout.write(line + "\\n");
       ${code}`,
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("no stdout");
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error("the process ended without a line");
}

async function startHolder(): Promise<ChildProcess> {
  const child = start(`await acquireFileLock(path); say("held"); setInterval(() => {}, 1000);`);
  expect(await firstLine(child)).toBe("held");
  return child;
}

describe("within one process", () => {
  it("refuses a second holder at once and names the first", async () => {
    const lock = await acquireFileLock(path);
    await expect(acquireFileLock(path)).rejects.toMatchObject({
      code: "DATA_LOCKED",
      message: `process ${process.pid} holds the lock ${path}`,
      details: { path, pid: process.pid },
    });
    await lock.release();
    await lock.release();
    expect(readHolderPid(path)).toBeUndefined();
    await (await acquireFileLock(path)).release();
  });

  it("is released at the end of an await using block, and after work that failed", async () => {
    {
      await using lock = await acquireFileLock(path);
      expect(readHolderPid(lock.path)).toBe(process.pid);
    }
    await expect(
      withFileLock(path, () => {
        throw new Error("boom");
      }),
    ).rejects.toThrow("boom");
    expect(await withFileLock(path, () => 7)).toBe(7);
  });

  it("waits for its turn", async () => {
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) =>
        withFileLock(
          path,
          async () => {
            order.push(n);
            await new Promise((resolve) => setImmediate(resolve));
            order.push(n);
          },
          { wait: 30_000 },
        ),
      ),
    );
    expect(order.length).toBe(12);
    for (let i = 0; i < order.length; i += 2) expect(order[i]).toBe(order[i + 1]);
  });

  it("says what is wrong with a path that cannot be locked", async () => {
    await expect(acquireFileLock(join(directory, "none", "x.lock"))).rejects.toMatchObject({
      code: "IO_FAILED",
    });
    await writeFile(path, "these are somebody's notes, not a lock");
    await expect(acquireFileLock(path)).rejects.toMatchObject({ code: "IO_FAILED" });
    expect(readFileSync(path, "utf8")).toBe("these are somebody's notes, not a lock");
  });
});

describe("between processes", () => {
  it("refuses while another process holds it, and takes it once that was killed", async () => {
    const holder = await startHolder();
    await expect(acquireFileLock(path)).rejects.toMatchObject({
      code: "DATA_LOCKED",
      details: { path, pid: holder.pid },
    });
    holder.kill("SIGKILL");
    await once(holder, "exit");
    // The pid file of the killed one is still there and decides nothing.
    expect(existsSync(`${path}.pid`)).toBe(true);
    const lock = await acquireFileLock(path);
    expect(readHolderPid(path)).toBe(process.pid);
    await lock.release();
  });

  it("gives a waiting process its turn when the holder is killed", async () => {
    const holder = await startHolder();
    const waiting = acquireFileLock(path, { wait: 60_000 });
    holder.kill("SIGKILL");
    await (await waiting).release();
  });

  it("never lets two in, whoever is killed while holding it", async () => {
    const counter = join(directory, "counter");
    await writeFile(counter, "0");
    // Adds one to the counter as slowly as it can; two at a time would lose additions.
    const adders = [1, 2, 3].map(() =>
      start(`for (let i = 0; i < 60; i++) await withFileLock(path, async () => {
               const n = Number(readFileSync(${JSON.stringify(counter)}, "utf8"));
               await new Promise((resolve) => setImmediate(resolve));
               writeFileSync(${JSON.stringify(counter)}, String(n + 1));
             }, { wait: 60_000 });`),
    );
    for (let i = 0; i < 5; i++) {
      const victim = start(
        `for (;;) { const lock = await acquireFileLock(path, { wait: 60_000 }); say("held"); await new Promise((r) => setTimeout(r, 2)); await lock.release(); }`,
      );
      expect(await firstLine(victim)).toBe("held");
      victim.kill("SIGKILL");
      await once(victim, "exit");
    }
    for (const adder of adders) if (adder.exitCode === null) await once(adder, "exit");
    expect(adders.map((adder) => adder.exitCode)).toEqual([0, 0, 0]);
    expect(readFileSync(counter, "utf8")).toBe("180");
  });
});

describe("node:sqlite", () => {
  it("prints no warning of its own and swallows no other", async () => {
    const child = spawn(
      process.execPath,
      [
        "--experimental-strip-types",
        "--input-type=module",
        "-e",
        `const { acquireFileLock } = await import(${JSON.stringify(moduleUrl)});
         await (await acquireFileLock(${JSON.stringify(path)})).release();
         process.emitWarning("mind this");`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    children.push(child);
    let stderr = "";
    for await (const chunk of child.stderr) stderr += chunk;
    expect(stderr).not.toContain("SQLite");
    expect(stderr).toContain("mind this");
  });
});
