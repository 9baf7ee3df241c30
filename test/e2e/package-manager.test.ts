// SPDX-License-Identifier: Apache-2.0
/** The life of a project: lockfile, updates, scales, registries by scope, the store; each command as a process. */
import { cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../support/publishing.ts";
import { startTestRegistry } from "../support/registry.ts";
import { snapshot } from "../support/sandbox.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper", version: "1.0.0" });
  await publishAbility(sandbox, { name: "@demo/shout", ability: "shout", version: "1.0.0" });
  await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1", "@demo/shout": "^1" });
  await createProject(sandbox, "old");
  await mustRun(sandbox, ["install", "@demo/loud", "@demo/upper"], "old");
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper", version: "1.1.0" });
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper", version: "2.0.0" });
});
afterAll(() => workplace[Symbol.asyncDispose]());

/** A copy of the project that was installed when everything was at 1.0.0. */
async function oldProject(name: string): Promise<string> {
  await cp(workplace.sandbox.path("old"), workplace.sandbox.path(name), { recursive: true });
  return name;
}
const readJson = async (...path: string[]) =>
  JSON.parse(await readFile(workplace.sandbox.path(...path), "utf8"));
const versionOf = async (project: string, name = "@demo/upper") =>
  (await readJson(project, "lora-lock.json")).packages[name].version;

describe("the lockfile", () => {
  it("keeps its choices when something newer is there, and when something is added", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("kept");
    await mustRun(sandbox, ["install"], project);
    await mustRun(sandbox, ["install", "@demo/shout"], project);
    expect(await versionOf(project)).toBe("1.0.0");
  });

  it("is the same bytes for the same wish, whoever installs first", async () => {
    const { sandbox } = workplace;
    for (const [project, names] of [
      ["same-1", ["@demo/loud", "@demo/upper"]],
      ["same-2", ["@demo/upper", "@demo/loud"]],
    ] as const) {
      await createProject(sandbox, project, { quantization: project === "same-1" ? "q4_0" : "f32" });
      await mustRun(sandbox, ["install", `${names[0]}@^1`], project);
      await mustRun(sandbox, ["install", `${names[1]}@^1`], project);
    }
    const [first, second] = await Promise.all(
      ["same-1", "same-2"].map((p) => readFile(sandbox.path(p, "lora-lock.json"), "utf8")),
    );
    expect(first).toBe(second);
  });

  it("is frozen on request and in CI: a change is refused, an answer installed", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("frozen");
    await mustRun(sandbox, ["install", "--frozen-lockfile"], project);
    const manifest = await readJson(project, "lora.json");
    manifest.dependencies["@demo/upper"] = "^1.1.0";
    await writeFile(sandbox.path(project, "lora.json"), JSON.stringify(manifest));
    const before = await snapshot(sandbox.path(project));
    for (const options of [
      { args: ["install", "--frozen-lockfile"] },
      { args: ["ci"] },
      { args: ["install"], env: { CI: "true" } },
    ]) {
      const { error } = await sandbox.json(options.args, { cwd: project, env: options.env ?? {} });
      expect(error).toMatchObject({ code: "LOCKFILE_OUTDATED", hint: expect.any(String) });
    }
    expect(await snapshot(sandbox.path(project))).toEqual(before);
    await mustRun(sandbox, ["install", "--no-frozen-lockfile"], project);
    expect(await versionOf(project)).toBe("1.1.0");
  });

  it("is what lora ci installs, and nothing else stays", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("ci");
    await writeFile(sandbox.path(project, ".lora", "adapters", "stray.gguf"), "stray");
    const { stdout } = await mustRun(sandbox, ["ci"], project);
    expect(stdout).toMatch(/^Installed 3 abilities/);
    expect(await readdir(sandbox.path(project, ".lora", "adapters"))).toHaveLength(2);
    expect((await mustRun(sandbox, ["run", "say: hello\n", "--stop", "\n"], project)).stdout).toBe(
      "HELLO!!!\n",
    );
  });
});

describe("what a person should know of an install", () => {
  it("is told on stderr: a deprecation, and an optional ability that cannot be had", async () => {
    const { sandbox } = workplace;
    await publishAbility(sandbox, { name: "@demo/old", ability: "upper" });
    await mustRun(sandbox, ["deprecate", "@demo/old@1.0.0", "use @demo/upper"]);
    await createProject(sandbox, "noted");
    const manifest = await readJson("noted", "lora.json");
    manifest.optionalDependencies = { "@demo/none": "^1" };
    await writeFile(sandbox.path("noted", "lora.json"), JSON.stringify(manifest));
    const { exitCode, stderr } = await sandbox.lora(["install", "@demo/old"], { cwd: "noted" });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("note: @demo/old 1.0.0 is deprecated: use @demo/upper\n");
    expect(stderr).toContain("note: the optional @demo/none ^1 was left out: ");
    expect((await sandbox.json(["list"], { cwd: "noted" })).stack).toEqual([{ name: "@demo/old", scale: 1 }]);
  });
});

describe("lora update and lora outdated", () => {
  it("show what is newer and why it is not taken, then take what lora.json allows", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("updated");
    const before = await sandbox.json(["outdated"], { cwd: project });
    expect(before.outdated).toMatchObject([
      { name: "@demo/upper", current: "1.0.0", wanted: "1.1.0", latest: "2.0.0" },
    ]);
    expect(before.outdated[0].heldBack).toContain("@demo/loud 1.0.0 depends on @demo/upper ^1");
    expect((await sandbox.lora(["outdated"], { cwd: project })).exitCode).toBe(1);
    const plan = await mustRun(sandbox, ["update", "--dry-run"], project);
    expect(plan.stdout).toContain("~  @demo/upper  1.0.0 → 1.1.0");
    expect(await versionOf(project)).toBe("1.0.0");
    await mustRun(sandbox, ["update"], project);
    expect(await versionOf(project)).toBe("1.1.0");
    expect((await readJson(project, "lora.json")).dependencies["@demo/upper"]).toBe("^1.0.0");
  });

  it("go beyond the range with --latest, which is rewritten, and leave the others alone", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("latest");
    const held = await sandbox.json(["update", "@demo/upper", "--latest"], { cwd: project });
    expect(held.packages["@demo/upper"].version).toBe("1.1.0"); // @demo/loud holds it back
    await mustRun(sandbox, ["remove", "@demo/loud"], project);
    await mustRun(sandbox, ["update", "@demo/upper", "--latest"], project);
    expect(await versionOf(project)).toBe("2.0.0");
    expect((await readJson(project, "lora.json")).dependencies).toEqual({ "@demo/upper": "^2.0.0" });
    const { stdout, exitCode } = await sandbox.lora(["outdated"], { cwd: project });
    expect({ stdout, exitCode }).toEqual({ stdout: "Everything is at its latest version.\n", exitCode: 0 });
    expect((await sandbox.json(["update", "@demo/none"], { cwd: project })).error.code).toBe("NOT_INSTALLED");
  });
});

describe("lora install --no-save", () => {
  it("installs for now: files that are kept stay as they are, and the next install undoes it", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "unsaved");
    const manifest = await readFile(sandbox.path("unsaved", "lora.json"), "utf8");
    await mustRun(sandbox, ["install", "@demo/upper", "--no-save"], "unsaved");
    expect(await readFile(sandbox.path("unsaved", "lora.json"), "utf8")).toBe(manifest);
    expect(await readdir(sandbox.path("unsaved"))).not.toContain("lora-lock.json");
    const ask = async () =>
      (await mustRun(sandbox, ["run", "say: hello\n", "--stop", "\n"], "unsaved")).stdout;
    expect(await ask()).toBe("HELLO\n");
    await mustRun(sandbox, ["install"], "unsaved");
    expect(await ask()).toBe("hello\n");
  });
});

describe("lora scale", () => {
  it("changes the strength in lora.json, the lockfile and the answers, without asking the registry", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("scaled");
    const offline = { cwd: project, env: { LORA_REGISTRY: workplace.registry.url } };
    const { stack } = await sandbox.json(["scale", "@demo/upper=0"], offline);
    expect(stack).toContainEqual({ name: "@demo/upper", scale: 0 });
    expect((await readJson(project, "lora.json")).dependencies["@demo/upper"]).toEqual({
      version: "^1.0.0",
      scale: 0,
    });
    expect((await mustRun(sandbox, ["run", "say: hello\n", "--stop", "\n"], project)).stdout).toBe(
      "hello!!!\n",
    );
    for (const wrong of ["@demo/upper", "@demo/upper=", "@demo/upper=much", "@demo/upper=1000"]) {
      expect((await sandbox.json(["scale", wrong], offline)).error.code).toBe("USAGE");
    }
    expect((await sandbox.json(["scale", "@demo/shout=1"], offline)).error).toMatchObject({
      code: "NOT_INSTALLED",
      hint: "it came with @demo/loud: run lora install @demo/shout first",
    });
  });
});

describe("lora why", () => {
  it("shows each path and what chose the version", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("why");
    expect((await mustRun(sandbox, ["why", "@demo/upper"], project)).stdout).toBe(
      "@demo/upper 1.0.0\n" +
        "  your project → @demo/loud ^1.0.0 → @demo/upper ^1\n" +
        "  your project → @demo/upper ^1.0.0\n\n" +
        "The lockfile keeps it; lora update would take 1.1.0.\n",
    );
    expect((await sandbox.json(["why", "@demo/none"], { cwd: project })).error.code).toBe("NOT_INSTALLED");
  });
});

describe("lora list", () => {
  it("shows as many levels as asked for", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("list");
    const { stdout } = await mustRun(sandbox, ["list", "--depth", "0"], project);
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual(["@demo/loud", "@demo/upper", ""]);
  });
});

describe("lora export", () => {
  it("gives llama-server's own arguments, and JSON for everything else", async () => {
    const { sandbox } = workplace;
    const project = await oldProject("exported");
    await mustRun(sandbox, ["install"], project);
    const { stdout } = await mustRun(sandbox, ["export", "--format", "llama-server"], project);
    expect(stdout).toMatch(/^--model \S+model\.gguf --lora-scaled \S+\.gguf:1,\S+\.gguf:1 --cache-ram 0\n$/);
    const vllm = await sandbox.json(["export", "--format", "vllm", "-o", "for-vllm"], { cwd: project });
    expect(vllm.args).toEqual([
      "--enable-lora",
      "--max-lora-rank",
      "16",
      "--lora-modules",
      `stack=${vllm.directory}`,
    ]);
    expect(await readJson(project, "for-vllm", "adapter_config.json")).toMatchObject({
      r: 12,
      lora_alpha: 12,
    });
    expect(await readdir(vllm.directory)).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
    const { adapters } = await sandbox.json(["export"], { cwd: project });
    for (const { path, name } of adapters) expect([name, (await stat(path)).isFile()]).toEqual([name, true]);
  });
});

describe("lora version", () => {
  it("raises a package's version and keeps the rest of its lora.json", async () => {
    const { sandbox } = workplace;
    const text = '{\n    "name": "@demo/x",\n    "version": "1.2.3",\n    "dependencies": {}\n}\n';
    await writeFile(sandbox.path("lora.json"), text);
    for (const [step, version] of [
      ["patch", "1.2.4"],
      ["minor", "1.3.0"],
      ["major", "2.0.0"],
      ["2.5.0-rc.1", "2.5.0-rc.1"],
    ] as const) {
      expect((await mustRun(sandbox, ["version", step])).stdout).toMatch(new RegExp(`→ ${version}\n$`));
    }
    expect(await readFile(sandbox.path("lora.json"), "utf8")).toBe(text.replace("1.2.3", "2.5.0-rc.1"));
    expect((await sandbox.json(["version", "1.0.0"])).error.code).toBe("VERSION_INVALID");
    await rm(sandbox.path("lora.json"));
  });
});

describe("lora config", () => {
  it("sets, shows and takes back settings, and refuses what they cannot be", async () => {
    const { sandbox } = workplace;
    const env = { LORA_HOME: sandbox.path("config-home") };
    await sandbox.lora(["config", "set", "@acme:registry", "https://lora.acme.example/"], { env });
    await sandbox.lora(["config", "set", "downloads", "4"], { env });
    expect((await sandbox.lora(["config", "list"], { env })).stdout).toBe(
      "downloads       4\n@acme:registry  https://lora.acme.example\n",
    );
    expect((await sandbox.lora(["config", "get", "@acme:registry"], { env })).stdout).toBe(
      "https://lora.acme.example\n",
    );
    await sandbox.lora(["config", "set", "downloads"], { env });
    expect(await sandbox.json(["config", "get", "downloads"], { env })).toEqual({
      name: "downloads",
      value: null,
    });
    for (const args of [
      ["downloads", "0"],
      ["registry", "ftp://x"],
      ["colour", "red"],
    ]) {
      expect((await sandbox.json(["config", "set", ...args], { env })).error.code).toBe("USAGE");
    }
  });
});

describe("a scope with a registry of its own", () => {
  it("gets its packages from there alone, and each registry sees only its own token", async () => {
    const { sandbox } = workplace;
    const other = await startTestRegistry();
    try {
      const env = { LORA_HOME: sandbox.path("two-registries"), LORA_REGISTRY: "" };
      const run = (args: string[], cwd = ".") => sandbox.lora(args, { env, cwd });
      await run(["login", "--registry", workplace.registry.url, "--token", workplace.registry.token]);
      await run(["login", "--registry", other.url, "--token", other.token, "--scope", "@acme"]);
      expect((await run(["scope", "create", "@acme"])).stdout).toContain(`Created @acme on ${other.url}`);
      await writeFile(
        sandbox.path("lora.json"),
        '{"name":"@acme/set","version":"1.0.0","dependencies":{"@demo/upper":"^1"}}',
      );
      expect((await run(["publish"])).stdout).toContain(`Published @acme/set 1.0.0 to ${other.url}`);
      await rm(sandbox.path("lora.json"));
      await createProject(sandbox, "two");
      const installed = JSON.parse((await run(["install", "@acme/set", "--json"], "two")).stdout);
      expect(installed.packages["@acme/set"].registry).toBe(other.url);
      expect(installed.packages["@demo/upper"].registry).toBe(workplace.registry.url);
      // @demo is not there: no falling through to the other one in either direction.
      await run(["config", "set", "@demo:registry", other.url]);
      const missing = JSON.parse((await run(["install", "@demo/shout", "--json"], "two")).stdout);
      expect(missing.error.code).toBe("PACKAGE_NOT_FOUND");
    } finally {
      await other.stop();
    }
  });
});

describe("without the network", () => {
  it("--offline installs what is cached and says what is not", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "offline");
    await mustRun(sandbox, ["install", "@demo/loud"], await oldProject("warm"));
    await mustRun(sandbox, ["install", "@demo/loud", "--offline"], "offline");
    const { error } = await sandbox.json(["install", "@demo/none", "--offline"], { cwd: "offline" });
    expect(error).toMatchObject({ code: "OFFLINE", hint: "run the command once without --offline" });
  });
});

describe("several at once", () => {
  it("two installs in one project both succeed and leave one that works", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "twice");
    const outcomes = await Promise.all(
      ["@demo/upper", "@demo/shout"].map((name) => sandbox.lora(["install", name], { cwd: "twice" })),
    );
    expect(outcomes.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect((await readJson("twice", "lora.json")).dependencies).toEqual({
      "@demo/shout": "^1.0.0",
      "@demo/upper": "^2.0.0",
    });
    expect((await mustRun(sandbox, ["run", "say: hello\n", "--stop", "\n"], "twice")).stdout).toBe(
      "HELLO!!!\n",
    );
  });

  it("eight installs on one empty store download each blob once", async () => {
    const { sandbox } = workplace;
    const env = { LORA_HOME: sandbox.path("shared-home") };
    const projects = Array.from({ length: 8 }, (_, i) => `shared-${i}`);
    for (const project of projects) await createProject(sandbox, project);
    const documents = await Promise.all(
      projects.map((cwd) => sandbox.json(["install", "@demo/loud"], { cwd, env })),
    );
    const fetched = documents.reduce((sum, { fetchedBytes }) => sum + fetchedBytes, 0);
    const { packages } = documents[0];
    expect(fetched).toBe(
      packages["@demo/upper"].adapter.sizeBytes + packages["@demo/shout"].adapter.sizeBytes,
    );
  });
});

describe("lora cache", () => {
  it("lists, verifies, repairs, and removes what no project needs", async () => {
    const { sandbox } = workplace;
    const env = { LORA_HOME: sandbox.path("cache-home") };
    for (const [project, name] of [
      ["cache-a", "@demo/upper@1.0.0"],
      ["cache-b", "@demo/shout"],
    ] as const) {
      await createProject(sandbox, project);
      expect((await sandbox.lora(["install", name], { cwd: project, env })).exitCode).toBe(0);
    }
    const { blobs } = await sandbox.json(["cache", "ls"], { env });
    expect(blobs).toHaveLength(4);
    expect((await sandbox.lora(["cache", "verify"], { env })).stdout).toBe("4 files verified\n");

    const upper = (await readJson("cache-a", "lora-lock.json")).packages["@demo/upper"].adapter.sha256;
    const path = (sha256: string) =>
      join(env.LORA_HOME, "store", "blobs", "sha256", sha256.slice(0, 2), sha256);
    await rm(path(upper));
    await writeFile(path(upper), Buffer.alloc(72_480));
    const damaged = await sandbox.lora(["cache", "verify", "--json"], { env });
    expect(damaged.exitCode).toBe(74);
    expect(JSON.parse(damaged.stdout).error.details.corrupt).toEqual([{ sha256: upper, path: path(upper) }]);
    expect((await sandbox.lora(["cache", "verify", "--repair"], { env })).stdout).toContain(
      "1 damaged and taken out",
    );
    expect((await sandbox.lora(["ci"], { cwd: "cache-a", env })).exitCode).toBe(0);

    // A lockfile that cannot be read says nothing of what is needed: nothing is removed.
    const lockfile = sandbox.path("cache-b", "lora-lock.json");
    for (const { sha256 } of blobs) await utimes(path(sha256), new Date(0), new Date(0));
    await rm(lockfile);
    await mkdir(lockfile);
    const unreadable = await sandbox.json(["cache", "prune"], { env });
    expect(unreadable.error.code).toBe("IO_FAILED");
    expect((await sandbox.json(["cache", "ls"], { env })).blobs).toHaveLength(4);
    for (const { sha256 } of blobs) await utimes(path(sha256), new Date(), new Date());

    await rm(sandbox.path("cache-b"), { recursive: true });
    expect((await sandbox.json(["cache", "prune"], { env })).removed).toBe(0); // all of it is younger than an hour
    for (const { sha256 } of blobs) await utimes(path(sha256), new Date(0), new Date(0));
    expect((await sandbox.json(["cache", "prune"], { env })).removed).toBe(2);
    const left = (await sandbox.json(["cache", "ls"], { env })).blobs.map(
      ({ sha256 }: { sha256: string }) => sha256,
    );
    expect(left).toContain(upper);
    expect(left).toHaveLength(2);
  });
});
