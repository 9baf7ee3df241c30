// SPDX-License-Identifier: Apache-2.0
/** What an owner says of releases that are out: yanks, deprecations, tags; and what an install makes of it. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";
import { snapshot } from "../support/sandbox.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  for (const version of ["1.0.0", "1.1.0"]) {
    const manifest = { description: `version ${version}` };
    await publishAbility(workplace.sandbox, { name: "@demo/upper", version, ability: "upper", manifest });
  }
});
afterAll(() => workplace[Symbol.asyncDispose]());

const lora = (args: string[], cwd = ".") => workplace.sandbox.lora(args, { cwd });
const json = (args: string[], cwd = ".") => workplace.sandbox.json(args, { cwd });
const lockedVersion = async (project: string) => {
  const text = await readFile(workplace.sandbox.path(project, "lora-lock.json"), "utf8");
  return JSON.parse(text).packages["@demo/upper"].version;
};

describe("each command", () => {
  it.each([["yank"], ["unyank"], ["deprecate"], ["dist-tag add"], ["dist-tag rm"], ["dist-tag ls"]])(
    "%s shows its usage, its flags and an example",
    async (command) => {
      const { exitCode, stdout, stderr } = await lora([...command.split(" "), "--help"]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toContain(`$ lora ${command}`);
      expect(stdout).toContain("--json");
      expect(stdout).toMatch(/EXAMPLES?\n/);
    },
  );

  it.each([
    [["yank", "@demo/upper@1.0.0"], 64, "Missing required flag reason"],
    [["yank", "@demo/upper", "--reason", "x"], 64, "@demo/upper is a package: say which version of it"],
    [["yank", "@demo/upper@^1", "--reason", "x"], 64, '"^1" is not a version'],
    [["yank", "@demo/upper@9.0.0", "--reason", "x"], 66, "there is no @demo/upper 9.0.0"],
    [["yank", "@demo/upper@1.0.0", "--reason", "\u001b[2J"], 64, "has control characters"],
    [["unyank", "@demo/none@1.0.0"], 66, "there is no package @demo/none"],
    [["deprecate", "@demo/upper@9.0.0", "x"], 66, "there is no @demo/upper 9.0.0"],
    [["dist-tag", "add", "@demo/upper@1.0.0", "1.x"], 64, '"1.x" is not a dist-tag'],
    [["dist-tag", "rm", "@demo/none", "beta"], 66, "there is no package @demo/none"],
    [["dist-tag", "ls", "@demo/none"], 66, "the registry has no package @demo/none"],
  ])("%j is refused", async (args, exitCode, message) => {
    const outcome = await lora(args);
    expect(outcome).toMatchObject({ exitCode, stdout: "" });
    expect(outcome.stderr).toContain(message);
  });

  it("that changes something needs a token", async () => {
    const env = { LORA_HOME: workplace.sandbox.path("nobody") };
    for (const args of [
      ["yank", "@demo/upper@1.0.0", "--reason", "x"],
      ["deprecate", "@demo/upper@1.0.0", "x"],
      ["dist-tag", "add", "@demo/upper@1.0.0", "beta"],
    ]) {
      const { exitCode, stderr } = await workplace.sandbox.lora(args, { env });
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 77,
        stderr: expect.stringContaining("this needs a token"),
      });
    }
  });
});

describe("a yanked version", () => {
  it("is passed over by an install, kept by a lockfile that has it, and comes back with an unyank", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "locked");
    await mustRun(sandbox, ["install", "@demo/upper"], "locked");
    expect(await lockedVersion("locked")).toBe("1.1.0");

    const yanked = await lora(["yank", "@demo/upper@1.1.0", "--reason", "trained on the wrong data"]);
    expect(yanked).toEqual({
      exitCode: 0,
      stdout: "Yanked @demo/upper 1.1.0: trained on the wrong data\n",
      stderr: "",
    });
    expect((await lora(["info", "@demo/upper"])).stdout).toMatch(
      /^1\.1\.0 {2}published .* {2}yanked: trained on the wrong data$/m,
    );

    await createProject(sandbox, "fresh");
    await mustRun(sandbox, ["install", "@demo/upper"], "fresh");
    expect(await lockedVersion("fresh")).toBe("1.0.0");
    const { error } = await json(["install", "@demo/upper@1.1.0"], "fresh");
    expect(error.message).toContain("@demo/upper 1.1.0 was yanked (trained on the wrong data)");
    expect(await lockedVersion("fresh")).toBe("1.0.0");

    const before = await snapshot(sandbox.path("locked"));
    expect((await mustRun(sandbox, ["install"], "locked")).stdout).toContain("Already up to date");
    expect(await snapshot(sandbox.path("locked"))).toEqual(before);
    // On another machine, which has nothing but the project.
    const env = { LORA_HOME: sandbox.path("another-machine") };
    const ci = await sandbox.lora(["ci"], { cwd: "locked", env });
    expect(ci).toMatchObject({ exitCode: 0 });
    expect(await lockedVersion("locked")).toBe("1.1.0");
    await mustRun(sandbox, ["remove", "@demo/upper"], "locked");
    await mustRun(sandbox, ["install", "@demo/upper"], "locked");
    expect(await lockedVersion("locked")).toBe("1.0.0");

    expect(await lora(["unyank", "@demo/upper@1.1.0"])).toEqual({
      exitCode: 0,
      stdout: "@demo/upper 1.1.0 is not yanked\n",
      stderr: "",
    });
    await mustRun(sandbox, ["update"], "fresh");
    expect(await lockedVersion("fresh")).toBe("1.1.0");
  });

  it("is told of in JSON", async () => {
    expect(await json(["yank", "@demo/upper@1.0.0", "--reason", "old"])).toEqual({
      name: "@demo/upper",
      version: "1.0.0",
      yanked: "old",
      logIndex: expect.any(Number),
    });
    expect(await json(["unyank", "@demo/upper@1.0.0"])).toEqual({
      name: "@demo/upper",
      version: "1.0.0",
      logIndex: expect.any(Number),
    });
  });
});

describe("a deprecated version", () => {
  it("is shown as such, can be installed, and an empty message takes it back", async () => {
    const { sandbox } = workplace;
    expect(await lora(["deprecate", "@demo/upper@1.0.0", "use 1.1.0"])).toEqual({
      exitCode: 0,
      stdout: "Deprecated @demo/upper 1.0.0: use 1.1.0\n",
      stderr: "",
    });
    expect((await lora(["info", "@demo/upper@1.0.0"])).stdout).toMatch(/ {2}deprecated: use 1\.1\.0$/m);
    await createProject(sandbox, "old");
    await mustRun(sandbox, ["install", "@demo/upper@1.0.0"], "old");
    expect(await lockedVersion("old")).toBe("1.0.0");
    expect(await json(["deprecate", "@demo/upper@1.0.0", ""])).toEqual({
      name: "@demo/upper",
      version: "1.0.0",
    });
    expect((await lora(["info", "@demo/upper@1.0.0"])).stdout).not.toContain("deprecated");
  });
});

describe("dist-tags", () => {
  it("are set, listed, installed by, moved and removed", async () => {
    const { sandbox } = workplace;
    expect((await lora(["dist-tag", "add", "@demo/upper@1.0.0", "stable"])).stdout).toBe(
      "stable of @demo/upper is 1.0.0\n",
    );
    expect((await lora(["dist-tag", "ls", "@demo/upper"])).stdout).toBe("latest  1.1.0\nstable  1.0.0\n");
    await createProject(sandbox, "tagged");
    await mustRun(sandbox, ["install", "@demo/upper@stable"], "tagged");
    expect(await lockedVersion("tagged")).toBe("1.0.0");

    expect(await json(["dist-tag", "add", "@demo/upper@1.1.0", "stable"])).toEqual({
      name: "@demo/upper",
      distTags: { latest: "1.1.0", stable: "1.1.0" },
    });
    expect((await lora(["dist-tag", "rm", "@demo/upper", "stable"])).stdout).toBe(
      "@demo/upper has no tag stable\n",
    );
    expect(await json(["dist-tag", "ls", "@demo/upper"])).toEqual({
      name: "@demo/upper",
      distTags: { latest: "1.1.0" },
    });
  });

  it("let latest be set, and be the newest release again", async () => {
    await mustRun(workplace.sandbox, ["dist-tag", "add", "@demo/upper@1.0.0", "latest"]);
    expect((await lora(["dist-tag", "ls", "@demo/upper"])).stdout).toBe("latest  1.0.0\n");
    expect((await lora(["dist-tag", "rm", "@demo/upper", "latest"])).stdout).toBe(
      "latest of @demo/upper is the newest release, 1.1.0\n",
    );
  });
});
