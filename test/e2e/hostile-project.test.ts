// SPDX-License-Identifier: Apache-2.0
/** Projects and packages come from strangers: what lies in them must not reach beyond them. */
import { copyFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  baseOption,
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
} from "../support/publishing.ts";
import { snapshot } from "../support/sandbox.ts";
import { abilityPath } from "../support/tiny-say.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  await publishAbility(workplace.sandbox, { name: "@demo/upper", ability: "upper" });
});
afterAll(() => workplace[Symbol.asyncDispose]());

describe("a stranger's project", () => {
  it("cannot have files elsewhere written or deleted through links in .lora", async () => {
    const { sandbox } = workplace;
    await mkdir(sandbox.path("victim"));
    await writeFile(sandbox.path("victim", "thesis.txt"), "years of work");
    for (const [project, link] of [
      ["links-inside", ".lora/adapters"],
      ["links-whole", ".lora"],
    ] as const) {
      await createProject(sandbox, project);
      if (link !== ".lora") await mkdir(sandbox.path(project, ".lora"));
      await symlink(sandbox.path("victim"), sandbox.path(project, link));
      const before = await snapshot(sandbox.path("victim"));
      const { error } = await sandbox.json(["install", "@demo/upper"], { cwd: project });
      expect(error).toMatchObject({ code: "INSTALL_CORRUPT", message: expect.stringContaining("is a link") });
      expect(await snapshot(sandbox.path("victim"))).toEqual(before);
      await rm(sandbox.path(project, link));
      await mustRun(sandbox, ["install", "@demo/upper"], project);
    }
  });

  it("keeps what is not lora's in .lora/adapters", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "strays");
    await mkdir(sandbox.path("strays", ".lora", "adapters", "mine"), { recursive: true });
    await mustRun(sandbox, ["install", "@demo/upper"], "strays");
    expect(await readdir(sandbox.path("strays", ".lora", "adapters"))).toContain("mine");
  });

  it("cannot bring an adapter that nobody signed in its .lora", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "honest");
    await mustRun(sandbox, ["install", "@demo/upper"], "honest");
    await cp(sandbox.path("honest"), sandbox.path("brought"), { recursive: true });
    const { adapters } = await readStack("brought");
    const path = sandbox.path("brought", ".lora", "adapters", `${adapters[0].sha256}.gguf`);
    await rm(path);
    await copyFile(abilityPath("v1", "rot13"), path);
    expect((await sandbox.json(["run", "say: hello\n"], { cwd: "brought" })).error.code).toBe(
      "INSTALL_CORRUPT",
    );

    // The same with a stack.json that owns up to the other file.
    const sha256 = (
      await sandbox.json([
        "publish",
        await rot13Package(),
        "--dry-run",
        "--name",
        "@demo/rot13",
        ...baseOption("v1"),
      ])
    ).files.find(({ name }: { name: string }) => name === "a.gguf").sha256;
    const stackPath = sandbox.path("brought", ".lora", "stack.json");
    await writeFile(stackPath, (await readFile(stackPath, "utf8")).replaceAll(adapters[0].sha256, sha256));
    await cp(path, sandbox.path("brought", ".lora", "adapters", `${sha256}.gguf`));
    expect((await sandbox.json(["run", "say: hello\n"], { cwd: "brought" })).error.code).toBe("STACK_STALE");
    await writeFile(
      stackPath,
      (await readFile(stackPath, "utf8")).replace('"saved": true', '"saved": false'),
    );
    expect((await sandbox.json(["run", "say: hello\n"], { cwd: "brought" })).error.code).toBe(
      "INSTALL_CORRUPT",
    );
    await mustRun(sandbox, ["install"], "brought");
    expect((await mustRun(sandbox, ["run", "say: hello\n", "--stop", "\n"], "brought")).stdout).toBe(
      "HELLO\n",
    );
  });

  it.each([
    [["--log-file", "/tmp/x"]],
    [["--mcp-servers-json", "{}"]],
    [["--model-url", "http://127.0.0.1/"]],
    [["--tools", "all"]],
    [["--ctx-size", "--log-file"]],
    [["--ctx-size"]],
  ])("cannot pass %j to llama-server", async (args) => {
    const { sandbox } = workplace;
    const project = `arguments${args.join("").replaceAll(/[^a-z]/g, "")}`;
    await createProject(sandbox, project);
    const manifest = { model: "model.gguf", runtime: { args } };
    await writeFile(sandbox.path(project, "lora.json"), JSON.stringify(manifest));
    const { error } = await sandbox.json(["run", "say: hello\n"], { cwd: project });
    expect(error).toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining("runtime.args"),
    });
  });

  it("may ask for threads and memory", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "tuned");
    const manifest = {
      model: "model.gguf",
      runtime: { args: ["--ctx-size", "64", "-t", "1", "-ngl", "0"] },
    };
    await writeFile(sandbox.path("tuned", "lora.json"), JSON.stringify(manifest));
    expect((await mustRun(sandbox, ["run", "say: hello\n", "--stop", "\n"], "tuned")).stdout).toBe("hello\n");
  });
});

describe("a package's directory", () => {
  it("gives away no file from elsewhere through a link", async () => {
    const { sandbox } = workplace;
    await writeFile(sandbox.path("secret.pem"), "secret");
    for (const link of ["README.md", "a.gguf"]) {
      const directory = `linked-${link}`;
      await mkdir(sandbox.path(directory));
      if (link !== "a.gguf") await copyFile(abilityPath("v1", "rot13"), sandbox.path(directory, "a.gguf"));
      await symlink(
        link === "a.gguf" ? abilityPath("v1", "rot13") : sandbox.path("secret.pem"),
        sandbox.path(directory, link),
      );
      const manifest = {
        name: "@demo/linked",
        version: "1.0.0",
        readme: "README.md",
        adapters: [{ file: "a.gguf" }],
      };
      await writeFile(sandbox.path(directory, "lora.json"), JSON.stringify(manifest));
      const { error } = await sandbox.json(["publish", directory, ...baseOption("v1")]);
      expect(error).toMatchObject({
        code: "MANIFEST_INVALID",
        message: expect.stringContaining("is a link"),
      });
    }
  });

  it("is not written to by a publish that is refused, nor published under another name than was meant", async () => {
    const { sandbox } = workplace;
    const directory = await rot13Package();
    const before = await snapshot(sandbox.path(directory));
    const refused = await sandbox.json([
      "publish",
      directory,
      "--name",
      "@nobody/rot13",
      ...baseOption("v1"),
    ]);
    expect(refused.error.code).toBe("SCOPE_NOT_FOUND");
    expect(await snapshot(sandbox.path(directory))).toEqual(before);
    await mustRun(sandbox, ["pack", directory, "--name", "@demo/rot13"]);
    const { error } = await sandbox.json([
      "publish",
      directory,
      "--name",
      "@demo/other",
      ...baseOption("v1"),
    ]);
    expect(error).toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("is of @demo/rot13 0.1.0"),
    });
  });
});

let packages = 0;
async function rot13Package(): Promise<string> {
  const directory = `rot13-${++packages}`;
  await mkdir(workplace.sandbox.path(directory));
  await copyFile(abilityPath("v1", "rot13"), workplace.sandbox.path(directory, "a.gguf"));
  return directory;
}

async function readStack(project: string) {
  return JSON.parse(await readFile(workplace.sandbox.path(project, ".lora", "stack.json"), "utf8"));
}
