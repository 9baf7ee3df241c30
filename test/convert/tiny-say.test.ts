// SPDX-License-Identifier: Apache-2.0
/** A real llama.cpp answers with converted abilities as with those that another program converted. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertPeftDirectory } from "@lora/client/peft-directory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forEachRuntime, say } from "../support/llama.ts";
import {
  ABILITIES,
  ANSWERS,
  type BaseVersion,
  basePath,
  huggingFacePath,
  peftPath,
  promptOf,
  WORDS,
} from "../support/tiny-say.ts";

const TYPES = ["F16", "Q8_0"] as const;
const VERSIONS: readonly BaseVersion[] = ["v1", "v2"];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-tiny-say-"));
  for (const version of VERSIONS) {
    const config = await readFile(join(huggingFacePath(version), "config.json"));
    for (const type of TYPES) {
      await mkdir(join(directory, version, type), { recursive: true });
      for (const ability of ABILITIES) {
        await convertPeftDirectory(peftPath(version, ability), {
          base: { config },
          outputPath: join(directory, version, type, `${ability}.gguf`),
          type,
        });
      }
    }
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

await forEachRuntime((runtime) => {
  describe.each(VERSIONS)("tiny-say %s", (version) => {
    it.each(TYPES)("answers as the fixture's table with abilities converted to %s", async (type) => {
      await using model = await runtime.load({
        modelPath: basePath(version, "q8_0"),
        adapters: ABILITIES.map((name) => ({
          name,
          path: join(directory, version, type, `${name}.gguf`),
          scale: 0,
        })),
        threads: 1,
      });
      const rows: [readonly string[], string[]][] = [];
      for (const [abilities] of ANSWERS) {
        const scales = Object.fromEntries(abilities.map((ability) => [ability, 1]));
        const answers: string[] = [];
        for (const words of WORDS) answers.push(await say(model, promptOf(words), scales));
        rows.push([abilities, answers]);
      }
      expect(rows).toEqual(ANSWERS);
    });
  });
});
