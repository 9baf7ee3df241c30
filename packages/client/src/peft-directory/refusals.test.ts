// SPDX-License-Identifier: Apache-2.0
/** What cannot be converted, or not faithfully: refused by name and reason, with nothing written. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configOf, peftConfig } from "../convert/peft.test.support.ts";
import { LoraError } from "../errors.ts";
import { writeSafetensors } from "../formats/safetensors/index.ts";
import { convertPeftDirectory } from "./index.ts";
import { type Case, good, LLAMA } from "./refusal-case.test.support.ts";
import { REFUSED_CONFIGS } from "./refused-configs.test.support.ts";
import { REFUSED_FILES } from "./refused-files.test.support.ts";
import { REFUSED_METHODS } from "./refused-methods.test.support.ts";
import { REFUSED_TENSORS } from "./refused-tensors.test.support.ts";

const CASES: Readonly<Record<string, Case>> = {
  ...REFUSED_METHODS,
  ...REFUSED_CONFIGS,
  ...REFUSED_TENSORS,
  ...REFUSED_FILES,
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lora-convert-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("convertPeftDirectory", () => {
  it("has at least 60 reasons to refuse", () => {
    expect(Object.keys(CASES).length).toBeGreaterThanOrEqual(60);
  });

  it.each(Object.entries(CASES))(
    "refuses %s",
    async (name, { config, tensors, files, base, code, message }) => {
      const directory = join(root, `${Object.keys(CASES).indexOf(name)}`);
      const outputs = join(directory, "outputs");
      await mkdir(outputs, { recursive: true });
      await writeFile(join(directory, "adapter_config.json"), config ?? peftConfig());
      const weights = files ?? {
        "adapter_model.safetensors": writeSafetensors({ tensors: tensors ?? good }),
      };
      for (const [file, content] of Object.entries(weights)) await writeFile(join(directory, file), content);
      const before = await readdir(directory);
      const error = await convertPeftDirectory(directory, {
        base: { config: base ?? configOf(LLAMA) },
        outputPath: join(outputs, "adapter.gguf"),
      }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(LoraError);
      expect(error).toMatchObject({
        code,
        message:
          typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
      });
      expect(await readdir(outputs)).toEqual([]);
      expect(await readdir(directory)).toEqual(before);
    },
  );

  it("converts what all of these cases were made from", async () => {
    const directory = join(root, "good");
    await mkdir(directory);
    await writeFile(join(directory, "adapter_config.json"), peftConfig());
    await writeFile(join(directory, "adapter_model.safetensors"), writeSafetensors({ tensors: good }));
    const outputPath = join(directory, "adapter.gguf");
    await expect(
      convertPeftDirectory(directory, { base: { config: configOf(LLAMA) }, outputPath }),
    ).resolves.toMatchObject({ adapter: { rank: 4 } });
  });
});
