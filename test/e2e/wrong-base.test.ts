// SPDX-License-Identifier: Apache-2.0
/** On the wrong base llama.cpp loads an adapter without a word; lora must not. */
import { copyFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../support/publishing.ts";
import { snapshot } from "../support/sandbox.ts";
import { basePath } from "../support/tiny-say.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  await publishAbility(sandbox, { name: "@demo/rot13", ability: "rot13", bases: ["v1", "v2"] });
  await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1" });
});
afterAll(() => workplace[Symbol.asyncDispose]());

it.each(["@demo/upper", "@demo/loud"])(
  "refuses %s, names both bases and changes nothing on the disk",
  async (name) => {
    const { sandbox } = workplace;
    const project = `v2-${name.slice(6)}`;
    await createProject(sandbox, project, { base: "v2" });
    for (const prepare of ["untouched", "with an ability installed"]) {
      if (prepare !== "untouched") await mustRun(sandbox, ["install", "@demo/rot13"], project);
      const before = await snapshot(sandbox.path(project));
      const { exitCode, stdout, stderr } = await sandbox.lora(["install", name], { cwd: project });
      expect(exitCode).toBe(65);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/tiny-say v1 \(lfp1:[0-9a-f]{12}…?\)/);
      expect(stderr).toMatch(/tiny-say v2 \(lfp1:[0-9a-f]{12}…?\)/);
      const { error } = await sandbox.json(["install", name], { cwd: project });
      expect(error.code).toBe("BASE_MISMATCH");
      expect(await snapshot(sandbox.path(project))).toEqual(before);
    }
  },
);

it("takes the adapter for the project's base where a version has several", async () => {
  const { sandbox } = workplace;
  const adapters = new Set<string>();
  for (const base of ["v1", "v2"] as const) {
    await createProject(sandbox, `rot13-${base}`, { base });
    const { packages } = await sandbox.json(["install", "@demo/rot13"], { cwd: `rot13-${base}` });
    expect(packages["@demo/rot13"].adapter.file).toBe(`rot13-${base}.gguf`);
    adapters.add(packages["@demo/rot13"].adapter.sha256);
  }
  expect(adapters.size).toBe(2);
});

it("refuses to run a stack when the model was exchanged for another version", async () => {
  const { sandbox } = workplace;
  await createProject(sandbox, "exchanged");
  await mustRun(sandbox, ["install", "@demo/upper"], "exchanged");
  await copyFile(basePath("v2", "q8_0"), sandbox.path("exchanged", "model.gguf"));
  const { exitCode, stderr } = await sandbox.lora(["run", "say: hello\n"], { cwd: "exchanged" });
  expect(exitCode).toBe(65);
  expect(stderr).toContain("the installed abilities are for tiny-say v1");
  expect((await sandbox.json(["install"], { cwd: "exchanged" })).error.code).toBe("BASE_MISMATCH");
});

it("runs the same stack on another quantization of the same base", async () => {
  const { sandbox } = workplace;
  await createProject(sandbox, "requantized", { quantization: "f32" });
  await mustRun(sandbox, ["install", "@demo/upper"], "requantized");
  await copyFile(basePath("v1", "q4_0"), sandbox.path("requantized", "model.gguf"));
  const { stdout } = await sandbox.lora(["run", "say: hello\n", "--stop", "\n"], { cwd: "requantized" });
  expect(stdout).toBe("HELLO\n");
});
