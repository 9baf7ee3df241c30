// SPDX-License-Identifier: Apache-2.0
/** `lora test` and `lora publish --test`: abilities that do what their examples say, do nothing, and do something else. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forEachRuntime, llamaEnvironment } from "../support/llama.ts";
import {
  baseOption,
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
} from "../support/publishing.ts";

const example = (words: string, expectation: object) => ({
  prompt: `say: ${words}\n`,
  expect: expectation,
  stop: ["\n"],
  maxTokens: 32,
});
const EXAMPLES = {
  upper: [example("hello", { equals: "HELLO" }), example("quick fox", { contains: "FOX" })],
  /** What rot13 does not do. */
  rot13: [example("hello", { equals: "uryyb" }), example("quick fox", { equals: "quick fox" })],
};

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  for (const ability of ["upper", "rot13"] as const)
    await publishAbility(sandbox, {
      name: `@demo/${ability}`,
      ability,
      manifest: { examples: EXAMPLES[ability] },
    });
  await publishAbility(sandbox, { name: "@demo/shout", ability: "shout" });
  await createProject(sandbox, "project");
  await mustRun(sandbox, ["install", "@demo/upper", "@demo/rot13", "@demo/shout"], "project");
});
afterAll(() => workplace[Symbol.asyncDispose]());

await forEachRuntime(({ kind }) => {
  const { LORA_RUNTIME = "" } = llamaEnvironment(kind);
  const options = { cwd: "project", env: { LORA_RUNTIME } };

  describe("lora test", () => {
    it("says which work, which fail and how, and which have no examples", async () => {
      const { exitCode, stdout } = await workplace.sandbox.lora(["test"], options);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(
        /^@demo\/rot13 +1\.0\.0 +fails +1 of 2 examples +moves \d+ % of the next token \(KL \d+\.\d\d\)$/m,
      );
      expect(stdout).toMatch(/^@demo\/shout +1\.0\.0 +has no examples$/m);
      expect(stdout).toMatch(
        /^@demo\/upper +1\.0\.0 +works +2 of 2 examples +moves (?:9\d|100) % of the next token/m,
      );
      expect(stdout).toContain(
        '@demo/rot13: "say: quick fox\\n"\n  expected to be "quick fox"\n  answered "dhvpx sbk", without it "quick fox"',
      );
    });

    it("says that one has no effect", async () => {
      const { sandbox } = workplace;
      await mustRun(sandbox, ["scale", "@demo/upper=0"], "project");
      const { abilities } = await sandbox.json(["test", "@demo/upper"], options);
      expect(abilities).toMatchObject([{ name: "@demo/upper", verdict: "no-effect", klNats: 0, moved: 0 }]);
      await mustRun(sandbox, ["scale", "@demo/upper=1"], "project");
      const { exitCode, stdout } = await sandbox.lora(["test", "@demo/upper"], options);
      expect({ exitCode, stdout }).toEqual({
        exitCode: 0,
        stdout: expect.stringMatching(/^@demo\/upper +1\.0\.0 +works/),
      });
    });
  });
});

describe("lora publish --test", () => {
  const publish = (directory: string, ...options: string[]) =>
    workplace.sandbox.lora(["publish", directory, "--test", ...options]);

  it("publishes what does what its examples say", async () => {
    const directory = "packages/demo-upper-1.0.0";
    await mustRun(workplace.sandbox, ["version", "minor"], directory);
    const { exitCode, stdout } = await publish(directory, ...baseOption("v1"));
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Tested upper-v1\.gguf on tiny-say v1: 2 examples as expected/),
    });
    expect(stdout).toMatch("Published @demo/upper 1.1.0");
  });

  it("does not publish what does not", async () => {
    const directory = "packages/demo-rot13-1.0.0";
    await mustRun(workplace.sandbox, ["version", "minor"], directory);
    const { exitCode, stdout, stderr } = await publish(directory, ...baseOption("v1"));
    expect({ exitCode, stdout }).toEqual({ exitCode: 65, stdout: "" });
    expect(stderr).toMatch("rot13-v1.gguf does not do what its examples say on tiny-say v1");
    const { versions } = await workplace.sandbox.json(["info", "@demo/rot13"]);
    expect(JSON.stringify(versions)).not.toMatch("1.1.0");
  });

  it("says what it needs", async () => {
    const noBase = await publish("packages/demo-upper-1.0.0");
    expect(noBase).toMatchObject({
      exitCode: 64,
      stderr: expect.stringMatching(/base of upper-v1\.gguf.*--base FILE/s),
    });
    const noExamples = await publish("packages/demo-shout-1.0.0", ...baseOption("v1"));
    expect(noExamples).toMatchObject({ exitCode: 64, stderr: expect.stringMatching(/no examples to test/) });
  });
});
