// SPDX-License-Identifier: Apache-2.0
/** What a start loads. How long it takes is measured by bench/startup.ts; what is not loaded takes no time. */
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";

const executable = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "lora.js");
const bundle = join(executable, "..", "..", "bundle");
let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  await createProject(sandbox, "project");
  await mustRun(sandbox, ["install", "@demo/upper"], "project");
});
afterAll(() => workplace[Symbol.asyncDispose]());

/** The modules whose code is in the files that `lora` loaded. */
async function loadedModules(args: string[]): Promise<string[]> {
  const { sandbox } = workplace;
  const report = sandbox.path("loaded.json");
  const preload = join(import.meta.dirname, "..", "support", "loaded-files.cjs");
  const outcome = await sandbox.lora(args, {
    cwd: "project",
    env: { NODE_OPTIONS: `--require ${preload}`, LOADED_FILES: report },
  });
  expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
  const files = (JSON.parse(await readFile(report, "utf8")) as string[]).filter(
    (file) => file !== preload && file !== executable,
  );
  // All of it comes out of the bundle.
  expect(files.filter((file) => !file.startsWith(bundle))).toEqual([]);
  const modules = JSON.parse(await readFile(join(bundle, "modules.json"), "utf8")) as Record<
    string,
    string[]
  >;
  return files.flatMap((file) => modules[relative(bundle, file)] ?? []);
}

const matching = (modules: string[], pattern: RegExp) => modules.filter((path) => pattern.test(path));

it("--version loads the command line and nothing of the client but its errors", async () => {
  const modules = await loadedModules(["--version"]);
  expect(matching(modules, /oclif.core/)).not.toEqual([]);
  expect(matching(modules, /client\/dist\//)).toEqual([expect.stringMatching(/errors\.js$/)]);
  expect(matching(modules, /zod|inquirer|hono/)).toEqual([]);
});

it("an install with nothing to do loads neither resolver nor signatures nor formats nor the registry's client", async () => {
  const modules = await loadedModules(["install"]);
  expect(matching(modules, /client\/dist\/install\/install\.js$/)).not.toEqual([]);
  const late =
    /client\/dist\/(?:resolver|signing|registry-client|transparency|runtime|publish|convert)\/|fetch\.js|package-manifest|fingerprint-base|gguf\/(?!limits)/;
  expect(matching(modules, late)).toEqual([]);
  expect(matching(modules, /hono|inquirer|ml-matrix/)).toEqual([]);
});
