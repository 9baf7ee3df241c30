// SPDX-License-Identifier: Apache-2.0
/**
 * The main job on real parts: every row of tiny-say's table through `lora install` and `lora run`. A file for each
 * runtime declares it, so that the two run side by side.
 */

import type { RuntimeKind } from "@lora/client/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forEachRuntime, llamaEnvironment } from "./llama.ts";
import { createProject, createWorkplace, mustRun, publishAbility } from "./publishing.ts";
import { ABILITIES, ANSWERS, type BaseVersion, promptOf, type Quantization, WORDS } from "./tiny-say.ts";

const BASES: [BaseVersion, Quantization][] = [
  ["v1", "f32"],
  ["v1", "f16"],
  ["v1", "q8_0"],
  ["v1", "q4_0"],
  ["v2", "f32"],
  ["v2", "q8_0"],
];

export async function describeAnswers(only: RuntimeKind): Promise<void> {
  let workplace: Awaited<ReturnType<typeof createWorkplace>>;
  beforeAll(async () => {
    workplace = await createWorkplace();
    for (const ability of ABILITIES) {
      await publishAbility(workplace.sandbox, { name: `@demo/${ability}`, ability, bases: ["v1", "v2"] });
    }
  });
  afterAll(() => workplace[Symbol.asyncDispose]());

  await forEachRuntime(({ kind }) => {
    const { LORA_RUNTIME = "" } = llamaEnvironment(kind);
    describe.each(BASES)("tiny-say %s %s", (base, quantization) => {
      it.each(ANSWERS)("with the abilities %j answers %j", async (abilities, answers) => {
        const { sandbox } = workplace;
        const project = `${kind}-${base}-${quantization}-${abilities.join("-")}`;
        await createProject(sandbox, project, { base, quantization });
        if (abilities.length > 0)
          await mustRun(sandbox, ["install", ...abilities.map((name) => `@demo/${name}`)], project);
        const said = await Promise.all(
          WORDS.map((words) =>
            sandbox.lora(["run", promptOf(words), "--stop", "\n"], { cwd: project, env: { LORA_RUNTIME } }),
          ),
        );
        expect(said).toEqual(answers.map((answer) => ({ exitCode: 0, stdout: `${answer}\n`, stderr: "" })));
      });
    });
  }, only);
}
