// SPDX-License-Identifier: Apache-2.0
/** `lora diff` and `lora overlap`, on abilities of which it is known what they do together. */
import { copyFile, mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { encodeTensorData, writeAdapter } from "@lora/client/gguf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../support/publishing.ts";
import { ABILITIES, abilityPath, basePath, huggingFacePath, peftPath } from "../support/tiny-say.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  await publishAbility(sandbox, {
    name: "@demo/upper",
    version: "1.1.0",
    ability: "upper",
    bases: ["v1", "v2"],
  });
  await publishAbility(sandbox, { name: "@demo/shout", ability: "shout" });
  await publishAbility(sandbox, { name: "@demo/rot13", ability: "rot13" });
  await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1", "@demo/shout": "^1" });
  await createProject(sandbox, "all");
  await mustRun(sandbox, ["install", ...ABILITIES.map((name) => `@demo/${name}`), "@demo/loud"], "all");
});
afterAll(() => workplace[Symbol.asyncDispose]());

const lora = (...args: string[]) => workplace.sandbox.lora(args, { cwd: "all" });
const json = (...args: string[]) => workplace.sandbox.json(args, { cwd: "all" });
const [UPPER, SHOUT] = [abilityPath("v1", "upper"), abilityPath("v1", "shout")];

describe("lora diff", () => {
  it("finds no difference between an adapter and itself", async () => {
    const { exitCode, stdout, stderr } = await lora("diff", UPPER, UPPER);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/\nNo difference\.\n$/);
    expect(await json("diff", UPPER, UPPER)).toMatchObject({
      effect: "same",
      total: { absolute: 0, relative: 0 },
    });
  });

  it("shows ranks, targets, each tensor's difference, and what one side alone changes", async () => {
    const { stdout } = await lora("diff", UPPER, SHOUT);
    expect(stdout).toMatch(/^rank +8 +4$/m);
    expect(stdout).toMatch(/^blk\.1\.ffn_down\.weight +8, 4 +6\.063 +6\.428 +8\.864 +1\.38$/m);
    expect(stdout).toContain("Only the first changes (4 tensors):\n  blk.0.ffn_gate.weight\n");
    const { tensors, onlyFirst, onlySecond, effect } = await json("diff", UPPER, SHOUT);
    expect(effect).toBe("different");
    expect([tensors.length, onlyFirst.length, onlySecond.length]).toEqual([8, 4, 0]);
    expect(tensors[7]).toMatchObject({ name: "blk.1.ffn_down.weight", ranks: [8, 4] });
  });

  it.each(["hf", "gguf"])(
    "compares what PEFT saved with its GGUF file, through the base's %s",
    async (form) => {
      const base = form === "hf" ? huggingFacePath("v1") : basePath("v1", "q4_0");
      expect(
        await json("diff", peftPath("v1", "rot13"), abilityPath("v1", "rot13"), "--base", base),
      ).toMatchObject({ effect: "same", bases: "unknown" });
    },
  );

  it("compares what PEFT saved by its own names, without the base", async () => {
    const { tensors, effect } = await json(
      "diff",
      peftPath("v1", "upper"),
      `${peftPath("v2", "upper")}/adapter_model.safetensors`,
    );
    expect(effect).toBe("different");
    expect(tensors[0].name).toBe("model.layers.0.mlp.down_proj");
    const mixed = await lora("diff", peftPath("v1", "upper"), UPPER);
    expect(mixed).toMatchObject({ exitCode: 64, stdout: "" });
    expect(mixed.stderr).toContain("hint: name the base that both were made for: --base FILE");
  });

  it("compares releases with one another and with files, and says that bases differ", async () => {
    expect(await json("diff", "@demo/upper@1.0.0", "@demo/upper@1.1.0")).toMatchObject({
      effect: "same",
      bases: "same",
    });
    const v2 = basePath("v2", "q8_0");
    expect(await json("diff", "@demo/upper@1.1.0", abilityPath("v2", "upper"), "--base", v2)).toMatchObject({
      effect: "same",
    });
    const ambiguous = await lora("diff", "@demo/upper@1.1.0", UPPER);
    expect(ambiguous.exitCode).toBe(64);
    expect(ambiguous.stderr).toContain("hint: name the base: --base FILE");
    await publishAbility(workplace.sandbox, { name: "@demo/only-v2", ability: "upper", bases: ["v2"] });
    const different = await lora("diff", "@demo/upper@1.0.0", "@demo/only-v2@1.0.0");
    expect(different.exitCode).toBe(0);
    expect(different.stderr).toContain("warning: the adapters are for different bases");
  });

  it.each([
    ["a release that does not exist", "@demo/upper@9.0.0", 66, "VERSION_NOT_FOUND"],
    ["a package without a version", "@demo/upper", 64, "USAGE"],
    ["a bundle", "@demo/loud@1.0.0", 64, "USAGE"],
    ["a file that does not exist", "none.gguf", 66, "FILE_NOT_FOUND"],
    ["a base model", "model.gguf", 65, "ADAPTER_INVALID"],
    ["a file that is cut off", "cut.gguf", 65, "GGUF_INVALID"],
    ["a value that is no number", "nan.gguf", 65, "ADAPTER_INVALID"],
    ["a pickle", "pickled", 65, "PICKLE_REFUSED"],
    ["a directory of something else", ".", 66, "FILE_NOT_FOUND"],
    ["safetensors without a config", "adapter.safetensors", 66, "FILE_NOT_FOUND"],
    ["a device that never ends", "/dev/zero", 74, "IO_FAILED"],
  ])("refuses %s", async (_, side, exitCode, code) => {
    const at = (name: string) => workplace.sandbox.path("all", name);
    await copyFile(UPPER, at("cut.gguf"));
    await truncate(at("cut.gguf"), 5000);
    await writeFile(at("nan.gguf"), adapterOfNoNumbers());
    await mkdir(at("pickled"), { recursive: true });
    await copyFile(`${peftPath("v1", "upper")}/adapter_config.json`, `${at("pickled")}/adapter_config.json`);
    await writeFile(`${at("pickled")}/adapter_model.bin`, "PK");
    await copyFile(`${peftPath("v1", "upper")}/adapter_model.safetensors`, at("adapter.safetensors"));
    const outcome = await lora("diff", UPPER, side, "--json");
    const { error } = JSON.parse(outcome.stdout);
    expect({ exitCode: outcome.exitCode, code: error.code }).toEqual({ exitCode, code });
  });
});

describe("lora overlap", () => {
  it("tells the pair that fights from those that go together", async () => {
    const { exitCode, stdout, stderr } = await lora("overlap");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^@demo\/rot13 \+ @demo\/upper +29 % +1\.5 × +-0\.01 +12 +will fight$/m);
    expect(stdout).toMatch(/^@demo\/shout \+ @demo\/upper +4 % .*[^t]$/m);
    expect(stdout).toMatch(/^ {2}ffn_down +[·░▒▓█]{2} +\d+ %$/m);
    expect(stderr.match(/warning/g)).toHaveLength(1);
    expect(stderr).toMatch(/@demo\/rot13 and @demo\/upper will probably fight/);
  });

  it("shows the principal angles of each tensor when asked", async () => {
    const { stdout } = await lora("overlap", "@demo/upper", "@demo/rot13", "--tensors");
    expect(stdout).toMatch(
      /^@demo\/rot13 \+ @demo\/upper +smallest angle +shared +by chance +alike +cosine$/m,
    );
    expect(stdout).toMatch(/^blk\.1\.ffn_down\.weight +37\.\d° +37 % +25 % +16 % +-0\.01$/m);
  });

  it("gives every figure as JSON", async () => {
    const { pairs, thresholds } = await json("overlap");
    expect(thresholds).toEqual({ alike: 0.2, lift: 1.35, cosine: 0.5 });
    expect(pairs).toHaveLength(3);
    const found = pairs.find(({ verdict }: { verdict: string }) => verdict === "fight");
    expect(found).toMatchObject({ measuredIn: "residual", first: "@demo/rot13", second: "@demo/upper" });
    expect(found.tensors[0]).toEqual({
      tensor: "blk.0.attn_output.weight",
      smallestAngle: expect.any(Number),
      shared: expect.any(Number),
      sharedByChance: 0.25,
      alike: expect.any(Number),
      cosine: expect.any(Number),
    });
  });

  it("compares what is named: one with all others, several with one another, a bundle as what it brings", async () => {
    const of = async (...names: string[]) =>
      (await json("overlap", ...names)).pairs.map(
        ({ first, second }: { first: string; second: string }) => `${first} ${second}`,
      );
    expect(await of("@demo/shout")).toEqual(["@demo/rot13 @demo/shout", "@demo/shout @demo/upper"]);
    expect(await of("@demo/shout", "@demo/upper")).toEqual(["@demo/shout @demo/upper"]);
    expect(await of("@demo/loud")).toEqual(["@demo/shout @demo/upper"]);
    const unknown = await lora("overlap", "@demo/none");
    expect(unknown.exitCode).toBe(66);
    expect(unknown.stderr).toContain("@demo/none is not installed in this project");
  });

  it("warns of an ability that is there twice, and of one turned against itself", async () => {
    const { sandbox } = workplace;
    await publishAbility(sandbox, { name: "@demo/again", ability: "upper" });
    await createProject(sandbox, "twice");
    await mustRun(sandbox, ["install", "@demo/upper@1.0.0", "@demo/again"], "twice");
    const twice = await sandbox.lora(["overlap"], { cwd: "twice" });
    expect(twice.stderr).toContain("do the same (cosine 1.00)");
    await mustRun(sandbox, ["scale", "@demo/again=-1"], "twice");
    const opposite = await sandbox.lora(["overlap"], { cwd: "twice" });
    expect(opposite.stderr).toContain("undo one another (cosine -1.00)");
  });

  it("has nothing to say of a project with less than two", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "none");
    expect(await sandbox.lora(["overlap"], { cwd: "none" })).toMatchObject({
      exitCode: 0,
      stdout: "There are no two abilities to compare.\n",
    });
  });
});

it("changes nothing: the adapters of the stack are read only", async () => {
  const lock = await readFile(workplace.sandbox.path("all", "lora-lock.json"), "utf8");
  await lora("overlap");
  expect(await readFile(workplace.sandbox.path("all", "lora-lock.json"), "utf8")).toBe(lock);
});

function adapterOfNoNumbers(): Uint8Array {
  const data = encodeTensorData("F32", new Float32Array(64).fill(Number.NaN));
  return writeAdapter({
    architecture: "llama",
    alpha: 1,
    tensors: [
      {
        base: "blk.0.attn_q.weight",
        a: { dims: [64, 1], type: "F32", data },
        b: { dims: [1, 64], type: "F32", data },
      },
    ],
  });
}
