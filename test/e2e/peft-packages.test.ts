// SPDX-License-Identifier: Apache-2.0
/** From what training leaves, or a hub has, to an ability that a real llama.cpp runs, through the command line. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { COMMIT, startHub } from "../support/hub.ts";
import { baseOption, createProject, createWorkplace, mustRun } from "../support/publishing.ts";
import { type Sandbox, snapshot } from "../support/sandbox.ts";
import {
  type Ability,
  ANSWERS,
  type BaseVersion,
  basePath,
  peftPath,
  promptOf,
  WORDS,
} from "../support/tiny-say.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
let sandbox: Sandbox;
beforeAll(async () => {
  workplace = await createWorkplace();
  sandbox = workplace.sandbox;
});
afterAll(() => workplace[Symbol.asyncDispose]());

const put = (version: BaseVersion, ability: Ability, to: string) =>
  cp(peftPath(version, ability), sandbox.path(to), { recursive: true });
const manifestOf = async (directory: string) =>
  JSON.parse(await readFile(sandbox.path(directory, "lora.json"), "utf8"));

async function expectAnswer(project: string, ability: Ability): Promise<void> {
  const [, answers] = ANSWERS.find(([abilities]) => abilities.join() === ability) ?? [];
  const { stdout } = await mustRun(sandbox, ["run", promptOf(WORDS[0]), "--stop", "\n"], project);
  expect(stdout.trimEnd()).toBe(answers?.[0]);
}

it("publishes what training left for two bases as one version, which each of them takes its adapter of", async () => {
  await put("v1", "upper", "upper/tiny-say v1");
  await put("v2", "upper", "upper/tiny-say v2");
  const report = await sandbox.json([
    "publish",
    "upper",
    "--name",
    "@demo/upper",
    "--type",
    "Q8_0",
    ...baseOption("v1"),
    ...baseOption("v2"),
  ]);
  expect(report).toMatchObject({
    converted: [
      { from: "tiny-say v1", file: "tiny-say-v1.r8.gguf", type: "Q8_0", rank: 8, isNew: true },
      { from: "tiny-say v2", file: "tiny-say-v2.r8.gguf", type: "Q8_0", rank: 8, isNew: true },
    ],
    wroteReadme: true,
    published: { version: "0.1.0" },
  });
  expect(report.files.map(({ name }: { name: string }) => name).sort()).toEqual([
    "README.md",
    "lora.json",
    "tiny-say-v1.r8.gguf",
    "tiny-say-v2.r8.gguf",
  ]);
  for (const base of ["v1", "v2"] as const) {
    await createProject(sandbox, `on-${base}`, { base });
    await mustRun(sandbox, ["install", "@demo/upper"], `on-${base}`);
    await expectAnswer(`on-${base}`, "upper");
  }
});

it("finds the base in the registry by the name that training wrote down, and says that a name proves nothing", async () => {
  await mustRun(sandbox, ["base", "add", basePath("v1", "q4_0"), "--name", "demo/tiny-say"]);
  await put("v1", "rot13", "rot13");
  const { stdout, stderr, exitCode } = await sandbox.lora(["publish", "rot13", "--name", "@demo/rot13"]);
  expect(stderr).toContain("is for what the registry calls demo/tiny-say, lfp1:");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/ {2}converted \. to tiny-say\.r\d+\.gguf: F16/);
  await createProject(sandbox, "plain");
  await mustRun(sandbox, ["install", "@demo/rot13"], "plain");
  await expectAnswer("plain", "rot13");
});

it("changes nothing in the directory where it does not publish", async () => {
  await put("v1", "upper", "kept");
  const before = await snapshot(sandbox.path("kept"));
  const unknown = await sandbox.lora(["publish", "kept", "--name", "@nobody/kept", ...baseOption("v1")]);
  expect(unknown.exitCode).not.toBe(0);
  const dry = await mustRun(sandbox, [
    "publish",
    "kept",
    "--dry-run",
    "--name",
    "@demo/kept",
    ...baseOption("v1"),
  ]);
  expect(dry.stdout).toContain("Would publish @demo/kept 0.1.0");
  expect(await snapshot(sandbox.path("kept"))).toEqual(before);
});

it("begins with the questions' answers as flags, tries what it would publish, and fills in the rest", async () => {
  await put("v1", "upper", "own");
  const begun = [
    "init",
    "--package",
    "--dir",
    "own",
    "--name",
    "@demo/own",
    "--description",
    "Shouts",
    "--license",
    "mit",
  ];
  expect(await sandbox.json(begun)).toEqual({
    manifest: sandbox.path("own", "lora.json"),
    name: "@demo/own",
    version: "0.1.0",
    description: "Shouts",
    license: "MIT",
  });
  expect(await sandbox.json(begun)).toMatchObject({ error: { code: "PROJECT_EXISTS" } });
  const examples = [{ prompt: promptOf("hello"), expect: { equals: "HELLO" }, stop: ["\n"] }];
  await writeFile(
    sandbox.path("own", "lora.json"),
    JSON.stringify({ ...(await manifestOf("own")), examples }, null, 2),
  );
  const before = await snapshot(sandbox.path("own"));
  const tried = await mustRun(sandbox, ["publish", "own", "--test", "--dry-run", ...baseOption("v1")]);
  expect(tried.stdout).toContain("Tested tiny-say-v1.r8.gguf on tiny-say v1: 1 example as expected");
  expect(await snapshot(sandbox.path("own"))).toEqual(before);
  await mustRun(sandbox, ["pack", "own", ...baseOption("v1")]);
  expect(await manifestOf("own")).toMatchObject({
    name: "@demo/own",
    description: "Shouts",
    license: "MIT",
    readme: "README.md",
    adapters: [{ file: "tiny-say-v1.r8.gguf", rank: 8 }],
  });
});

it("asks nothing without a terminal", async () => {
  const outcome = await sandbox.lora(["init", "--package", "--dir", "silent"]);
  expect(outcome).toEqual({
    exitCode: 64,
    stdout: "",
    stderr: `error: a package needs a name, and there is no terminal to ask for it\n\nhint: give it: lora init --package --name @scope/name\n`,
  });
});

it("imports from a hub, publishes, installs and runs", async () => {
  const file = (name: string) => readFile(join(peftPath("v1", "upper"), name));
  await using hub = await startHub({
    "acme/loud": {
      files: {
        "adapter_config.json": await file("adapter_config.json"),
        "adapter_model.safetensors": await file("adapter_model.safetensors"),
      },
      card: { license: "apache-2.0" },
    },
  });
  const env = { HF_ENDPOINT: hub.url };
  const imported = await sandbox.json(
    ["import", "hf:acme/loud@main", "--name", "@demo/loud", ...baseOption("v1")],
    { env },
  );
  expect(imported).toMatchObject({
    directory: sandbox.path("loud"),
    repository: "hf:acme/loud",
    revision: COMMIT,
    license: "Apache-2.0",
  });
  expect((await manifestOf("loud")).adapters[0].source).toMatchObject({
    repository: "hf:acme/loud",
    revision: COMMIT,
  });
  await mustRun(sandbox, ["publish", "loud"]);
  await createProject(sandbox, "imported");
  await mustRun(sandbox, ["install", "@demo/loud"], "imported");
  await expectAnswer("imported", "upper");
  const again = await sandbox.lora(["import", "hf:acme/loud", "--name", "@demo/loud"], { env });
  expect(again.exitCode).toBe(73);
  expect(again.stderr).toContain(`${sandbox.path("loud")} exists already`);
  const missing = await sandbox.lora(["import", "hf:acme/none", "--name", "@demo/none"], { env });
  expect(missing).toMatchObject({ exitCode: 77, stdout: "" });
  expect(missing.stderr).toContain("does not show hf:acme/none: it is private, gated, or not there");
});
