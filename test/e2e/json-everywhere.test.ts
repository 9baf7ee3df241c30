// SPDX-License-Identifier: Apache-2.0
/** `--json` gives one JSON document whatever was asked for, and nothing but it on stdout. */
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
});
afterAll(() => sandbox[Symbol.asyncDispose]());

describe("--json", () => {
  it.each([["help --json"], ["--json help"], ["--help --json"], ["--json"]])(
    "lists commands and topics for lora %s",
    async (line) => {
      const { exitCode, stdout, stderr } = await sandbox.lora(line.split(" "));
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      const { commands, topics, version } = JSON.parse(stdout);
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(commands).toContainEqual({ name: "cache ls", summary: "List what the local store holds." });
      expect(topics.map(({ name }: { name: string }) => name)).toContain("cache");
      expect(stdout).not.toContain("<%");
    },
  );

  it.each([["cache --json"], ["help cache --json"], ["cache --help --json"]])(
    "lists a topic's commands for lora %s",
    async (line) => {
      const { exitCode, stdout } = await sandbox.lora(line.split(" "));
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        topic: "cache",
        commands: [{ name: "cache ls" }, { name: "cache prune" }, { name: "cache verify" }],
      });
    },
  );

  it.each([
    ["install --help --json", "install", "dry-run"],
    ["help cache prune --json", "cache prune", "json"],
    ["help ls --json", "list", "depth"],
  ])("describes the command for lora %s", async (line, command, flag) => {
    const { exitCode, stdout } = await sandbox.lora(line.split(" "));
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout);
    expect(document.command).toBe(command);
    expect(document.flags.map(({ name }: { name: string }) => name)).toContain(flag);
    expect(stdout).not.toContain("<%");
  });

  it("tells the version", async () => {
    const expected = { name: "@lora/cli", version: expect.any(String), node: process.version };
    expect(await sandbox.json(["--version"])).toMatchObject(expected);
  });

  it.each([
    ["nonsense", "nonsense", "lora help"],
    ["cache nonsense", "cache nonsense", "lora help cache"],
    ["help nonsense", "nonsense", "lora help"],
  ])("says that lora %s is no command", async (line, name, hint) => {
    const { exitCode, stdout, stderr } = await sandbox.lora([...line.split(" "), "--json"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 64, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "USAGE",
        message: `there is no command "${name}"`,
        hint: `see what there is: ${hint}`,
      },
    });
  });

  it("runs the command where it stands in front", async () => {
    expect(JSON.parse((await sandbox.lora(["--json", "cache", "ls"])).stdout)).toMatchObject({ blobs: [] });
  });

  it("is a program's argument behind --", async () => {
    const { stdout } = await sandbox.lora(["help", "--", "--json"]);
    expect(() => JSON.parse(stdout)).toThrow();
  });
});

it("keeps the files for completion in LORA_HOME", async () => {
  const { exitCode } = await sandbox.lora(["completion", "bash", "--refresh"]);
  expect(exitCode).toBe(0);
  expect(await readdir(`${sandbox.home}/cache`)).toContain("autocomplete");
});

it.runIf(process.platform === "linux")(
  "ends where LORA_HOME is a place in which nothing can be made",
  async () => {
    for (const line of ["config set downloads 3", "scope create @x", "completion bash"]) {
      const outcome = await sandbox.lora(line.split(" "), { env: { LORA_HOME: "/proc/lora/home" } });
      expect(outcome).toMatchObject({ exitCode: 74, stdout: "" });
      expect(outcome.stderr).toContain("no directory can be made in /proc");
    }
  },
);
