// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, createWorkplace, mustRun } from "../support/publishing.ts";
import { createSandbox } from "../support/sandbox.ts";
import { abilityPath, basePath } from "../support/tiny-say.ts";

const V1 = "lfp1:ce6a3a5a003926eb50d55aab3567917668355a1e122cd59991cf5a77c7149b7b";
const V2 = "lfp1:dcc4d26d3e4ff9d79730596a33ac6b41f4aaea963171348d935f50bb2d428d90";
const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/hugging-face-bases/${name}`, import.meta.url));

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
});
afterAll(() => workplace[Symbol.asyncDispose]());

const lora = (...args: string[]) => workplace.sandbox.lora(args);
const json = (...args: string[]) => workplace.sandbox.json(args);

async function copyAbility(directory: string): Promise<string> {
  const { sandbox } = workplace;
  await mkdir(sandbox.path(directory), { recursive: true });
  await copyFile(abilityPath("v1", "upper"), sandbox.path(directory, "upper.gguf"));
  return directory;
}

describe("lora base", () => {
  it("add tells the registry of a base once, ls and info show it to everybody", async () => {
    const first = await json("base", "add", basePath("v1", "q4_0"), "--name", "org/Tiny-Say");
    expect(first).toMatchObject({ fingerprint: V1, isNew: true, names: ["org/Tiny-Say", "tiny-say"] });
    const again = await json("base", "add", basePath("v1", "f32"));
    expect(again).toMatchObject({ fingerprint: V1, isNew: false });

    await using stranger = await createSandbox({ LORA_REGISTRY: workplace.registry.url });
    const { stdout } = await stranger.lora(["base", "ls"]);
    expect(stdout).toBe("lfp1:ce6a3a5a0039…  llama  org/Tiny-Say, tiny-say\n");
    const info = await stranger.json(["base", "info", "ORG/tiny-say"]);
    expect(info).toMatchObject({ isKnown: true, record: { fingerprint: V1, embeddingLength: 64 } });
    expect(
      info.record.builds.map(({ quantization }: { quantization: string }) => quantization).sort(),
    ).toEqual(["F32", "Q4_0"]);
    const text = (await stranger.lora(["base", "info", V1])).stdout;
    for (const part of ["org/Tiny-Say, tiny-say", V1, "2 of 64 features", "259", "known build"])
      expect(text).toContain(part);
  });

  it("info says of a file what the registry does not know", async () => {
    const { stdout, exitCode } = await lora("base", "info", basePath("v2", "q8_0"));
    expect(exitCode).toBe(0);
    expect(stdout).toContain(V2);
    expect(stdout).toContain("The registry does not know it");
  });

  it("info claims nothing of a registry that does not answer", async () => {
    const args = ["base", "info", basePath("v2", "q8_0"), "--registry", "http://127.0.0.1:1"];
    const { stdout, stderr, exitCode } = await lora(...args);
    expect([stdout, stderr, exitCode]).toEqual([
      expect.stringContaining(V2),
      expect.stringContaining("http://127.0.0.1:1"),
      0,
    ]);
    expect(stdout).not.toContain("does not know it");
    expect(await json(...args)).toMatchObject({ isKnown: null, record: { fingerprint: V2 } });
  });

  it("add takes a directory as the hub has it, and finds it again by the GGUF that was made of it", async () => {
    const added = await json("base", "add", fixture("gemma2"));
    expect(added).toMatchObject({ isNew: true, names: ["gemma2"] });
    const info = await json("base", "info", `${fixture("gemma2")}/converted.gguf`);
    expect(info).toMatchObject({ isKnown: true, record: { fingerprint: added.fingerprint } });
    const { stdout } = await lora("fingerprint", fixture("gemma2"));
    expect(stdout).toBe(`${added.fingerprint}\n`);
  });

  it("add needs a token, and says what is no base", async () => {
    await using stranger = await createSandbox({ LORA_REGISTRY: workplace.registry.url });
    const anonymous = await stranger.lora(["base", "add", basePath("v2", "q8_0")]);
    expect([anonymous.exitCode, anonymous.stderr]).toEqual([77, expect.stringContaining("lora login")]);
    const adapter = await lora("base", "add", abilityPath("v1", "upper"));
    expect([adapter.exitCode, adapter.stderr]).toEqual([65, expect.stringContaining("is an adapter")]);
    expect((await lora("base", "info", V2)).stderr).toContain("does not know the base");
  });
});

describe("one base, saved in two precisions", () => {
  it("is found by its norms, also by what the registry keeps of one", async () => {
    const added = await json("base", "add", fixture("gemma2-fp16"));
    const { stdout } = await lora("base", "compare", fixture("gemma2"), added.fingerprint);
    expect(stdout).toMatch(
      /^lfp1:\w{12}… and lfp1:\w{12}… are one base, saved in two precisions: the second's norms are the first's, rounded to F16\n19 of 144 numbers differ, by 0\.00049 at most\n$/,
    );
    const versions = await json("base", "compare", basePath("v1", "q8_0"), basePath("v2", "q4_0"));
    expect(versions).toMatchObject({ first: V1, second: V2, verdict: "different" });
  });
});

describe("--base NAME", () => {
  it("packs and publishes with the registry's fingerprint, without the model, in any case", async () => {
    await mustRun(workplace.sandbox, ["base", "add", basePath("v1", "q8_0"), "--name", "named"]);
    const directory = await copyAbility("by-name");
    const { filled } = await json("pack", directory, "--name", "@demo/by-name", "--base", "NAMED");
    expect(filled).toContainEqual({ path: "adapters[0].base.fingerprint", value: V1 });
    expect(filled).toContainEqual({ path: "adapters[0].base.name", value: "named" });
    await mustRun(workplace.sandbox, ["publish", directory]);
    await createProject(workplace.sandbox, "project");
    await mustRun(workplace.sandbox, ["install", "@demo/by-name"], "project");
  });

  it("lists all bases of a name that is not one base's alone, and takes a fingerprint", async () => {
    for (const version of ["v1", "v2"] as const)
      await mustRun(workplace.sandbox, ["base", "add", basePath(version, "q8_0"), "--name", "twice"]);
    const directory = await copyAbility("ambiguous");
    const pack = ["pack", directory, "--name", "@demo/twice", "--base"];
    const { exitCode, stderr } = await lora(...pack, "twice");
    expect(exitCode).toBe(65);
    for (const part of [V1, V2, 'are called "twice"', "hint: name the one you mean by its fingerprint"])
      expect(stderr).toContain(part);
    expect(await json(...pack, V1)).toMatchObject({ name: "@demo/twice" });
  });

  it("says that a name is neither a file nor known", async () => {
    const directory = await copyAbility("unknown");
    const { exitCode, stderr } = await lora(
      "pack",
      directory,
      "--name",
      "@demo/no",
      "--base",
      "nobody/knows",
    );
    expect(exitCode).toBe(65);
    expect(stderr).toContain('"nobody/knows" is neither a file here nor the name of a base');
    expect(stderr).toContain("hint: name the base by its GGUF file, or see which are known: lora base ls");
  });
});
