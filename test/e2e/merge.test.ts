// SPDX-License-Identifier: Apache-2.0
/** `lora merge`, and the export for Ollama that is made of it: the merged model alone answers as the model with its stack. */
import { copyFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openFileSource } from "@lora/client/file-source";
import { readGguf } from "@lora/client/gguf";
import { homeDirectories } from "@lora/client/home";
import { readRunnableStack } from "@lora/client/install";
import { exportOllama, findQuantizer } from "@lora/client/merge";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";
import { basePath, promptOf, QUANTIZATIONS, type Quantization, WORDS } from "../support/tiny-say.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  for (const ability of ["upper", "shout"] as const)
    await publishAbility(workplace.sandbox, { name: `@demo/${ability}`, ability });
  for (const quantization of QUANTIZATIONS) {
    await createProject(workplace.sandbox, quantization, { quantization });
    await mustRun(workplace.sandbox, ["install", "@demo/upper", "@demo/shout"], quantization);
  }
});
afterAll(() => workplace[Symbol.asyncDispose]());

const BOTH = ["HELLO!!!", "QUICK FOX!!!", "KMJQW!!!"];
const hasQuantizer = (await findQuantizer(process.env)) !== undefined;

async function typesOf(path: string): Promise<Map<string, string>> {
  await using source = await openFileSource(path);
  return new Map((await readGguf(source)).tensors.map(({ name, type }) => [name, type]));
}

/** What the merged file says in a project that has no abilities. */
async function answersOf(quantization: Quantization, file: string): Promise<string[]> {
  const { sandbox } = workplace;
  const project = `merged-${quantization}-${file}`.replace(/\W/g, "-");
  await mkdir(sandbox.path(project));
  const model = sandbox.path(quantization, file);
  await writeFile(sandbox.path(project, "lora.json"), JSON.stringify({ model }));
  const answers: string[] = [];
  for (const words of WORDS) {
    const { stdout } = await mustRun(sandbox, ["run", promptOf(words), "--stop", "\n"], project);
    answers.push(stdout.trimEnd());
  }
  return answers;
}

describe("lora merge", () => {
  it.each(hasQuantizer ? QUANTIZATIONS : QUANTIZATIONS.filter((one) => one !== "q4_0"))(
    "merges into %s in its own types",
    async (quantization) => {
      const { sandbox } = workplace;
      const merged = await sandbox.json(["merge", "-o", "merged.gguf"], { cwd: quantization });
      expect(merged).toMatchObject({ type: quantization.toUpperCase(), changedTensors: 12 });
      expect(await typesOf(sandbox.path(quantization, "merged.gguf"))).toEqual(
        await typesOf(basePath("v1", quantization)),
      );
      expect(await answersOf(quantization, "merged.gguf")).toEqual(BOTH);
    },
  );

  it("writes what it changes as halves when asked, and leaves the rest as it is", async () => {
    const { sandbox } = workplace;
    await mustRun(sandbox, ["merge", "-o", "half.gguf", "--type", "f16"], "q8_0");
    const before = await typesOf(basePath("v1", "q8_0"));
    const after = await typesOf(sandbox.path("q8_0", "half.gguf"));
    const changed = [...after].filter(([name, type]) => before.get(name) !== type);
    expect(new Set(changed.map(([, type]) => type))).toEqual(new Set(["F16"]));
    expect(changed.map(([name]) => name.replace(/blk\.\d\.|\.weight/g, "")).sort()).not.toContain("attn_k");
    // ffn_down, of 176 columns, is F16 in the base too: no multiple of Q8_0's block.
    expect(changed).toHaveLength(10);
    expect(await answersOf("q8_0", "half.gguf")).toEqual(BOTH);
  });

  it("refuses to replace the model, to merge twice, and to merge nothing", async () => {
    const { sandbox } = workplace;
    const before = await readFile(sandbox.path("f16", "model.gguf"));
    const same = await sandbox.lora(["merge", "-o", "model.gguf"], { cwd: "f16" });
    expect(same).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("cannot be replaced") });
    expect(await readFile(sandbox.path("f16", "model.gguf"))).toEqual(before);
    await createProject(sandbox, "bare");
    const nothing = await sandbox.lora(["merge", "-o", "merged.gguf"], { cwd: "bare" });
    expect(nothing).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("nothing to merge") });
    await expect(stat(sandbox.path("bare", "merged.gguf"))).rejects.toThrow("ENOENT");
    // The fingerprint is still the base's: abilities install, but are in it already.
    await copyFile(sandbox.path("q8_0", "half.gguf"), sandbox.path("f32", "model.gguf"));
    const twice = await sandbox.lora(["merge", "-o", "twice.gguf"], { cwd: "f32" });
    expect(twice).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("merged in already") });
  });
});

describe("exportOllama", () => {
  it("writes a Modelfile on a merged model", async () => {
    const { sandbox } = workplace;
    const { model, adapters } = await readRunnableStack(
      sandbox.path("q8_0"),
      homeDirectories({ LORA_HOME: sandbox.home }),
    );
    const directory = sandbox.path("q8_0", "ollama");
    const exported = await exportOllama({ modelPath: model.path, adapters, directory, env: process.env });
    expect(exported).toMatchObject({ modelfilePath: join(directory, "Modelfile"), type: "Q8_0" });
    const modelfile = await readFile(sandbox.path("q8_0", "ollama", "Modelfile"), "utf8");
    expect(modelfile).toBe(
      "# Merged in:\n# @demo/shout 1.0.0, scale 1\n# @demo/upper 1.0.0, scale 1\nFROM ./model.gguf\n",
    );
    expect(await answersOf("q8_0", "ollama/model.gguf")).toEqual(BOTH);
  });
});
