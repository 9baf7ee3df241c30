// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeRuntimes, findRuntime } from "./find-runtime.ts";
import { parseVersion } from "./llama-server/locate.ts";

let directory: string;
const at = (...parts: string[]) => join(directory, ...parts);

const writeScript = async (name: string, text: string) => {
  await mkdir(at(name));
  await writeFile(at(name, "llama-server"), `#!/bin/sh\n${text}\n`);
  await chmod(at(name, "llama-server"), 0o755);
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-find-"));
  await writeScript("good", "echo 'version: 0.7.0 (build 11669, commit Debian)'");
  await writeScript("old", "echo 'version: 5678 (0a1b2c3)' >&2");
  await writeScript("other", "echo 'something else'");
  await mkdir(at("forbidden"));
  await writeFile(at("forbidden", "llama-server"), "#!/bin/sh\n");
  await mkdir(at("empty"));
  for (const [project, version] of [
    ["project", "3.22.1"],
    ["future", "9.0.0"],
  ] as const) {
    const location = at(project, "node_modules", "node-llama-cpp");
    await mkdir(location, { recursive: true });
    await writeFile(join(location, "package.json"), JSON.stringify({ version, main: "./index.js" }));
  }
});
afterAll(() => rm(directory, { recursive: true }));

/** A machine with these on PATH and these places for node-llama-cpp. */
const machine = (path: string[], roots: string[] = [], env: NodeJS.ProcessEnv = {}) => ({
  env: { PATH: [...path.map((name) => at(name)), "/usr/bin", "/bin"].join(":"), ...env },
  moduleRoots: roots.map((name) => at(name)),
});

describe("findRuntime", () => {
  it("takes llama-server from PATH before node-llama-cpp", async () => {
    expect(await findRuntime(machine(["empty", "good"], ["project"]))).toMatchObject({
      kind: "llama-server",
      version: "0.7.0",
      location: at("good", "llama-server"),
    });
  });

  it("passes over programs on PATH that are something else", async () => {
    expect(await findRuntime(machine(["other", "forbidden", "old"]))).toMatchObject({
      version: "5678",
      location: at("old", "llama-server"),
    });
  });

  it("takes the nearest node-llama-cpp at or above the project otherwise", async () => {
    expect(await findRuntime(machine(["empty"], ["empty", "project"]))).toMatchObject({
      kind: "embedded",
      version: "3.22.1",
      location: at("project", "node_modules", "node-llama-cpp"),
    });
    expect(await findRuntime(machine([], ["project/deep/inside"]))).toMatchObject({ kind: "embedded" });
  });

  it("tries first what the project prefers, but has either", async () => {
    const both = machine(["good"], ["project"]);
    expect((await findRuntime({ ...both, preferred: "embedded" })).kind).toBe("embedded");
    expect((await findRuntime({ ...machine(["good"]), preferred: "embedded" })).kind).toBe("llama-server");
  });

  it("takes what LORA_LLAMA_SERVER names before PATH", async () => {
    const env = { LORA_LLAMA_SERVER: at("old", "llama-server") };
    expect((await findRuntime(machine(["good"], [], env))).location).toBe(at("old", "llama-server"));
  });

  it.each([
    ["does not exist", "none/llama-server", /which is no file/],
    ["is a directory", "good", /which is no file/],
    ["may not be executed", "forbidden/llama-server", /which may not be executed/],
    ["is another program", "other/llama-server", /its --version says "something else"/],
  ])("never silently replaces a LORA_LLAMA_SERVER that %s", async (_, name, message) => {
    const env = { LORA_LLAMA_SERVER: at(name) };
    await expect(findRuntime(machine(["good"], ["project"], env))).rejects.toMatchObject({
      code: "RUNTIME_NOT_FOUND",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("LORA_LLAMA_SERVER"),
    });
  });

  it("obeys LORA_RUNTIME alone", async () => {
    const both = (value: string) => machine(["good"], ["project"], { LORA_RUNTIME: value });
    expect((await findRuntime({ ...both("embedded"), preferred: "llama-server" })).kind).toBe("embedded");
    expect((await findRuntime(both("llama-server"))).kind).toBe("llama-server");
    await expect(findRuntime(both("ollama"))).rejects.toMatchObject({ code: "USAGE" });
    await expect(findRuntime(machine(["good"], [], { LORA_RUNTIME: "embedded" }))).rejects.toMatchObject({
      code: "RUNTIME_NOT_FOUND",
    });
  });

  it("says how to get a runtime where there is none", async () => {
    await expect(findRuntime(machine(["empty"], ["empty"]))).rejects.toMatchObject({
      code: "RUNTIME_NOT_FOUND",
      message:
        "no llama.cpp was found: there is no llama-server on PATH; the package node-llama-cpp is not installed",
      hint: expect.stringMatching(/npm install node-llama-cpp.*llama-server/),
    });
  });
});

describe("describeRuntimes", () => {
  it("says what works, which is taken, and why the other does not", async () => {
    expect(await describeRuntimes(machine(["good"], ["future"]))).toEqual([
      {
        kind: "llama-server",
        found: true,
        chosen: true,
        version: "0.7.0",
        location: at("good", "llama-server"),
      },
      {
        kind: "embedded",
        found: false,
        reason: `${at("future", "node_modules", "node-llama-cpp")} is version 9.0.0, not 3.x`,
      },
    ]);
  });

  it("finds out that a package which is there cannot run", async () => {
    const [, embedded] = await describeRuntimes(machine(["empty"], ["project"]));
    expect(embedded).toMatchObject({
      found: false,
      reason: expect.stringMatching(/node-llama-cpp failed while starting: Cannot find module/),
    });
  });

  it("finds this installation's own node-llama-cpp", async () => {
    const [, embedded] = await describeRuntimes({ env: { ...process.env, LORA_RUNTIME: "embedded" } });
    expect(embedded).toMatchObject({ found: true, chosen: true });
  });
});

it.each([
  ["version: 0.7.0 (build 11669, commit Debian)\nbuilt with GNU", "0.7.0"],
  ["ggml_cuda_init: found 1 device\nversion: 5678 (0a1b2c3)\n", "5678"],
  ["hello", undefined],
  ["version: unknown", undefined],
])("reads the version from %j", (output, version) => {
  expect(parseVersion(output)).toBe(version);
});
