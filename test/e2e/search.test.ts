// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../support/publishing.ts";
import { createSandbox } from "../support/sandbox.ts";
import { basePath } from "../support/tiny-say.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  await publishAbility(sandbox, {
    name: "@demo/upper",
    ability: "upper",
    bases: ["v1", "v2"],
    manifest: { description: "Writes in capitals", license: "MIT", keywords: ["case"] },
  });
  await publishAbility(sandbox, {
    name: "@demo/rot13",
    ability: "rot13",
    bases: ["v2"],
    manifest: { description: "Writes in secret" },
  });
  await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1" });
});
afterAll(() => workplace[Symbol.asyncDispose]());

const lora = (args: string[], cwd = ".") => workplace.sandbox.lora(["search", ...args], { cwd });
const json = (args: string[], cwd = ".") => workplace.sandbox.json(["search", ...args], { cwd });
const names = async (args: string[], cwd?: string) =>
  (await json(args, cwd)).packages.map(({ name }: { name: string }) => name);

describe("lora search", () => {
  it("shows its usage, its flags and examples", async () => {
    const { exitCode, stdout } = await lora(["--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("$ lora search");
    for (const part of ["--base=FILE", "--rank", "--limit", "--json", "EXAMPLES\n"]) {
      expect(stdout).toContain(part);
    }
  });

  it("needs no token, and tells what there is", async () => {
    await using stranger = await createSandbox({ LORA_REGISTRY: workplace.registry.url });
    const { exitCode, stdout, stderr } = await stranger.lora(["search", "captials"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(
      /^@demo\/upper {2}1\.0\.0 {2}\d{4}-\d\d-\d\d {2}MIT\n {2}Writes in capitals\n {2}tiny-say v1, rank 8, 72\.5 kB · tiny-say v2, rank 8, 72\.5 kB\n$/,
    );
  });

  it("with --base finds only what works with that model, and bundles, which say what they are", async () => {
    expect(await names(["writes", "--base", basePath("v1", "q4_0")])).toEqual(["@demo/upper"]);
    expect((await names(["writes", "--base", basePath("v2", "q8_0")])).sort()).toEqual([
      "@demo/rot13",
      "@demo/upper",
    ]);
    const { stdout } = await lora(["loud", "--base", basePath("v1", "q4_0")]);
    expect(stdout).toContain("a bundle: no adapter of its own");
    expect(await names(["--base", basePath("v2", "q8_0"), "--rank", "8"])).toEqual([
      "@demo/loud",
      "@demo/upper",
    ]);
  });

  it("in a project marks what works with its model", async () => {
    await createProject(workplace.sandbox, "project");
    const { stdout } = await lora(["writes"], "project");
    const heads = stdout.split("\n").filter((line) => line.startsWith("@"));
    expect(heads.map((line) => [line.split(" ")[0], line.endsWith("← your model")]).sort()).toEqual([
      ["@demo/rot13", false],
      ["@demo/upper", true],
    ]);
    const { packages } = await json([], "project");
    const marks = packages.map(({ name, suitsModel }: Record<string, unknown>) => [name, suitsModel]);
    expect(marks).toEqual([
      ["@demo/loud", undefined],
      ["@demo/rot13", false],
      ["@demo/upper", true],
    ]);
  });

  it("shows a page, and says that there is more", async () => {
    const { stdout } = await lora(["--limit", "1"]);
    expect(stdout).toMatch(/^@demo\/loud .*\n1 of 3; see more with --limit\n$/s);
    expect(await json(["--limit", "1"])).toMatchObject({ total: 3, next: expect.any(String) });
  });

  it.each([
    [
      ["nothinglikeit"],
      'The registry has nothing for "nothinglikeit". Try another word, or none to see what is new.\n',
    ],
    [
      ["upper", "nothinglikeit"],
      'The registry has nothing for "upper nothinglikeit". Try fewer words: each of them has to be found.\n',
    ],
    [
      ["secret", "--base", basePath("v1", "q8_0"), "--rank", "4"],
      'The registry has nothing for "secret" for this model, up to rank 4. ' +
        "Try a higher --rank, or no --base, to see what there is for other models.\n",
    ],
  ])("%j finds nothing, and says what to try", async (args, stdout) => {
    expect(await lora(args)).toEqual({ exitCode: 0, stdout, stderr: "" });
    expect(await json(args)).toEqual({ packages: [], total: 0 });
  });

  it("leaves out what is yanked", async () => {
    await mustRun(workplace.sandbox, ["yank", "@demo/rot13@1.0.0", "--reason", "x"]);
    expect(await names(["secret"])).toEqual([]);
    await mustRun(workplace.sandbox, ["unyank", "@demo/rot13@1.0.0"]);
    expect(await names(["secret"])).toEqual(["@demo/rot13"]);
  });

  it.each([
    [["!!!"], 64, "there is no word to search for"],
    [["x", "--limit", "0"], 64, "limit"],
    [["x", "--limit", "51"], 64, "limit"],
    [["x", "--rank", "0"], 64, "rank"],
    [["x", "--base", "none.gguf"], 66, "none.gguf"],
    [["x", "--base", import.meta.filename], 65, "is not"],
  ])("refuses %j", async (args, exitCode, message) => {
    const outcome = await lora(args);
    expect(outcome).toMatchObject({ exitCode, stdout: "" });
    expect(outcome.stderr).toContain(message);
  });

  it("says when the registry does not answer", async () => {
    const { exitCode, stderr } = await lora(["x", "--registry", "http://127.0.0.1:1"]);
    expect(exitCode).toBe(69);
    expect(stderr).toContain("does not answer");
  });
});
