// SPDX-License-Identifier: Apache-2.0
/** Each command as its user meets it: exit status, stdout, stderr, and the one JSON document of --json. */
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  baseOption,
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../support/publishing.ts";
import { snapshot } from "../support/sandbox.ts";
import { abilityPath, basePath } from "../support/tiny-say.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  await publishAbility(sandbox, { name: "@demo/shout", ability: "shout", manifest: { scale: 0.5 } });
  await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1", "@demo/shout": "^1" });
});
afterAll(() => workplace[Symbol.asyncDispose]());

const COMMANDS = [
  ["init"],
  ["fingerprint"],
  ["inspect"],
  ["convert"],
  ["login"],
  ["scope", "create"],
  ["pack"],
  ["publish"],
  ["import"],
  ["yank"],
  ["unyank"],
  ["deprecate"],
  ["dist-tag", "add"],
  ["dist-tag", "rm"],
  ["dist-tag", "ls"],
  ["version"],
  ["search"],
  ["info"],
  ["install"],
  ["ci"],
  ["update"],
  ["outdated"],
  ["remove"],
  ["list"],
  ["why"],
  ["scale"],
  ["export"],
  ["run"],
  ["serve"],
  ["status"],
  ["chat"],
  ["test"],
  ["fuse"],
  ["merge"],
  ["doctor"],
  ["cache", "ls"],
  ["cache", "verify"],
  ["cache", "prune"],
  ["config", "list"],
  ["config", "get"],
  ["config", "set"],
  ["completion"],
];

describe("every command", () => {
  it.each(COMMANDS)("%s %s shows its usage, its flags and an example", async (...command) => {
    const parts = command.filter((part) => part !== undefined);
    const { exitCode, stdout, stderr } = await workplace.sandbox.lora([...parts, "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(`$ lora ${parts.join(" ")}`);
    // A conversation has no one document.
    if (parts[0] !== "chat") expect(stdout).toContain("--json");
    expect(stdout).toMatch(/EXAMPLES?\n/);
  });

  it("is listed by lora --help", async () => {
    const { stdout } = await workplace.sandbox.lora(["--help"]);
    for (const [command] of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
  });

  it.each([
    [["install", "--frobnicate"], "Nonexistent flag: --frobnicate"],
    [["inspect"], "Missing 1 required arg"],
    [["frobnicate"], "frobnicate"],
    [["run", "x", "--temperature", "hot"], "--temperature hot is not a number from 0 to 10"],
    [["run", "x", "--max-tokens", "0"], "max-tokens"],
    [["remove"], "name at least one ability to remove"],
  ])("refuses %j as a mistake in its use", async (args, message) => {
    const outcome = await workplace.sandbox.lora(args);
    expect(outcome).toMatchObject({ exitCode: 64, stdout: "" });
    expect(outcome.stderr).toContain(message);
  });
});

describe("lora init", () => {
  it("writes a project that names its model by a path that can move with it", async () => {
    const { sandbox } = workplace;
    await mkdir(sandbox.path("init", "models"), { recursive: true });
    await copyFile(basePath("v1", "q4_0"), sandbox.path("init", "models", "m.gguf"));
    const outcome = await sandbox.lora(["init", "--model", "models/m.gguf"], { cwd: "init" });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
    expect(outcome.stdout).toMatch(
      /^Created .*init\/lora\.json\nModel: tiny-say \(llama, lfp1:[0-9a-f]{12}…\)\n/,
    );
    expect(await readFile(sandbox.path("init", "lora.json"), "utf8")).toBe(
      '{\n  "model": "models/m.gguf",\n  "dependencies": {}\n}\n',
    );
    const again = await sandbox.json(["init", "--model", "models/m.gguf"], { cwd: "init" });
    expect(again.error.code).toBe("PROJECT_EXISTS");
  });

  it.each([
    ["no file", "none.gguf", "FILE_NOT_FOUND"],
    ["an adapter", abilityPath("v1", "upper"), "FINGERPRINT_IMPOSSIBLE"],
    ["something else", import.meta.filename, "GGUF_INVALID"],
  ])("refuses %s for a model and writes nothing", async (what, model, code) => {
    const { sandbox } = workplace;
    const directory = `init-${what.replaceAll(" ", "-")}`;
    await mkdir(sandbox.path(directory));
    expect((await sandbox.json(["init", "--model", model], { cwd: directory })).error.code).toBe(code);
    expect(await readdir(sandbox.path(directory))).toEqual([]);
  });
});

describe("lora fingerprint and lora inspect", () => {
  it("give the four quantizations one fingerprint, from a file and from a URL", async () => {
    const { sandbox } = workplace;
    const files = await Promise.all(
      (["f32", "f16", "q8_0", "q4_0"] as const).map((q) => sandbox.lora(["fingerprint", basePath("v1", q)])),
    );
    const server = createServer(async (request, response) => {
      const bytes = await readFile(basePath("v1", "q8_0"));
      const [, from = "0", to] = /bytes=(\d+)-(\d+)?/.exec(request.headers.range ?? "") ?? [];
      const end = to === undefined ? bytes.length - 1 : Math.min(Number(to), bytes.length - 1);
      response.writeHead(206, { "content-range": `bytes ${from}-${end}/${bytes.length}`, etag: '"1"' });
      response.end(bytes.subarray(Number(from), end + 1));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base.gguf`;
    const outputs = [...files, await sandbox.lora(["fingerprint", url])].map(({ stdout }) => stdout);
    expect(outputs[0]).toMatch(/^lfp1:[0-9a-f]{64}\n$/);
    expect(new Set(outputs).size).toBe(1);
    expect((await sandbox.lora(["fingerprint", basePath("v2", "q8_0")])).stdout).not.toBe(outputs[0]);
  });

  it("show what is in an adapter and in a base", async () => {
    const { sandbox } = workplace;
    const adapter = await sandbox.lora(["inspect", abilityPath("v1", "upper")]);
    expect(adapter.stdout).toMatch(/^kind +LoRA adapter\narchitecture +llama\nrank +8\nalpha +16\n/);
    expect(await sandbox.json(["inspect", basePath("v1", "q4_0")])).toMatchObject({
      kind: "base",
      quantization: "Q4_0",
      name: "tiny-say",
    });
  });
});

describe("lora convert", () => {
  it("makes of PEFT's directory an adapter that works, and writes nothing where it cannot", async () => {
    const { sandbox } = workplace;
    const peft = fileURLToPath(new URL("../fixtures/tiny-say/v1/upper", import.meta.url));
    const { stdout } = await mustRun(sandbox, [
      "convert",
      peft,
      "--base",
      basePath("v1", "q4_0"),
      "-o",
      "up.gguf",
    ]);
    expect(stdout).toContain("rank 8, for llama\n");
    const [converted, reference] = await Promise.all(
      [sandbox.path("up.gguf"), abilityPath("v1", "upper")].map((path) => sandbox.json(["inspect", path])),
    );
    const byBase = (a: { base: string }, b: { base: string }) => (a.base < b.base ? -1 : 1);
    expect(converted.tensors.sort(byBase)).toEqual(reference.tensors.sort(byBase));
    const { error } = await sandbox.json([
      "convert",
      "packages",
      "--base",
      basePath("v1", "q4_0"),
      "-o",
      "no.gguf",
    ]);
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(await readdir(sandbox.directory)).not.toContain("no.gguf");
  });
});

describe("lora login", () => {
  it("keeps a token that the registry knows for its owner alone, and no other", async () => {
    const { sandbox, registry } = workplace;
    const env = { LORA_HOME: sandbox.path("login-home") };
    const refused = await sandbox.json(["login", "--token", `lora_${"0".repeat(36)}`], { env });
    expect(refused.error.code).toBe("UNAUTHENTICATED");
    const outcome = await sandbox.lora(["login", "--token", "-"], { env, input: `${registry.token}\n` });
    expect(outcome).toEqual({
      exitCode: 0,
      stdout: `Logged in to ${registry.url} with the token "admin"\n`,
      stderr: "",
    });
    const credentials = sandbox.path("login-home", "credentials.json");
    expect((await stat(credentials)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(credentials, "utf8"))).toEqual({
      tokens: { [registry.url]: registry.token },
    });
  });
});

describe("lora scope create", () => {
  it("makes a key that only its owner can read, and a scope once", async () => {
    const { sandbox } = workplace;
    const { keyId, keyPath } = await sandbox.json(["scope", "create", "@acme"]);
    expect((await stat(keyPath)).mode & 0o777).toBe(0o600);
    expect(keyPath).toContain(`@acme/${keyId}.pem`);
    expect((await sandbox.json(["scope", "create", "@acme"])).error.code).toBe("SCOPE_EXISTS");
    expect((await sandbox.json(["scope", "create", "acme"])).error).toMatchObject({
      code: "NAME_INVALID",
      hint: "write @acme",
    });
  });

  it("needs a token", async () => {
    const { sandbox } = workplace;
    const { error } = await sandbox.json(["scope", "create", "@other"], {
      env: { LORA_HOME: sandbox.path("nobody") },
    });
    expect(error.code).toBe("UNAUTHENTICATED");
  });
});

describe("lora pack and lora publish", () => {
  it("make a package of a directory with an adapter in it, and never change what is written there", async () => {
    const { sandbox } = workplace;
    await mkdir(sandbox.path("pack"));
    await copyFile(abilityPath("v1", "rot13"), sandbox.path("pack", "rot13.gguf"));
    await copyFile(basePath("v1", "q4_0"), sandbox.path("pack", "base.gguf"));
    await writeFile(sandbox.path("pack", "README.md"), "# rot13\n");
    expect((await sandbox.json(["pack", "pack"])).error.hint).toBe(
      `name the package to make one: lora pack ${sandbox.path("pack")} --name @scope/name`,
    );
    const { filled } = await sandbox.json(["pack", "pack", "--name", "@demo/rot13", ...baseOption("v1")]);
    expect(filled.map(({ path }: { path: string }) => path)).toEqual([
      "readme",
      "adapters[0].rank",
      "adapters[0].alpha",
      "adapters[0].targets",
      "adapters[0].base.fingerprint",
      "adapters[0].base.name",
    ]);
    const text = await readFile(sandbox.path("pack", "lora.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      name: "@demo/rot13",
      version: "0.1.0",
      adapters: [{ file: "rot13.gguf", rank: 16, alpha: 32, base: { name: "tiny-say v1" } }],
    });
    expect((await sandbox.lora(["pack", "pack", ...baseOption("v1")])).stdout).toContain(
      "nothing to fill in",
    );
    expect(await readFile(sandbox.path("pack", "lora.json"), "utf8")).toBe(text);
    await writeFile(sandbox.path("pack", "lora.json"), text.replace('"rank": 16', '"rank": 8'));
    expect((await sandbox.json(["pack", "pack"])).error).toMatchObject({
      code: "ADAPTER_MISMATCH",
      message: "lora.json says rank 8 of rot13.gguf, the file has 16",
    });
  });

  it("--dry-run signs and sends nothing, and writes nothing", async () => {
    const { sandbox, registry } = workplace;
    await mkdir(sandbox.path("dry"));
    await copyFile(abilityPath("v1", "rot13"), sandbox.path("dry", "rot13.gguf"));
    const before = await snapshot(sandbox.path("dry"));
    const outcome = await sandbox.lora([
      "publish",
      "dry",
      "--dry-run",
      "--name",
      "@demo/dry",
      ...baseOption("v1"),
    ]);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
    expect(outcome.stdout).toContain("Would publish @demo/dry 0.1.0");
    expect(await snapshot(sandbox.path("dry"))).toEqual(before);
    expect((await fetch(`${registry.url}/index/@demo/dry.json`)).status).toBe(404);
  });

  it("refuse to publish a version again with other contents, and repeat the answer for the same", async () => {
    const { sandbox } = workplace;
    const directory = await publishAbility(sandbox, { name: "@demo/once", ability: "upper" });
    await mustRun(sandbox, ["publish", directory]);
    const path = sandbox.path(directory, "lora.json");
    await writeFile(
      path,
      (await readFile(path, "utf8")).replace('"version"', '"description": "changed", "version"'),
    );
    const { error } = await sandbox.json(["publish", directory]);
    expect(error.code).toBe("VERSION_EXISTS");
  });

  it.each([
    [
      "a base that nobody told the registry of",
      { base: { name: "x", fingerprint: `lfp1:${"0".repeat(64)}` } },
      "BASE_UNKNOWN",
    ],
    ["no base at all", {}, "MANIFEST_INVALID"],
    ["the other version's base", { base: { name: "tiny-say v2" } }, "MANIFEST_INVALID"],
  ])("refuse an adapter for %s before anything is uploaded", async (what, adapter, code) => {
    const { sandbox } = workplace;
    const directory = `refused-${what.replaceAll(" ", "-").replaceAll("'", "")}`;
    await mkdir(sandbox.path(directory));
    await copyFile(abilityPath("v1", "rot13"), sandbox.path(directory, "a.gguf"));
    const manifest = { name: "@demo/refused", version: "1.0.0", adapters: [{ file: "a.gguf", ...adapter }] };
    await writeFile(sandbox.path(directory, "lora.json"), JSON.stringify(manifest));
    expect((await sandbox.json(["publish", directory])).error.code).toBe(code);
  });

  it("say which key is missing on a machine without it", async () => {
    const { sandbox, registry } = workplace;
    const env = { LORA_HOME: sandbox.path("other-machine"), LORA_TOKEN: registry.token };
    const { error } = await sandbox.json(["publish", "packages/demo-loud-1.0.0"], { env });
    expect(error).toMatchObject({
      code: "KEY_NOT_FOUND",
      hint: expect.stringMatching(/^copy [0-9a-f]{64}\.pem into /),
    });
  });
});

describe("lora install, list and remove", () => {
  it("add an ability with what it depends on, show the tree, and take it away again", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "tree");
    const untouched = await snapshot(sandbox.path("tree"));
    const plan = await sandbox.lora(["install", "@demo/loud", "--dry-run"], { cwd: "tree" });
    expect(plan.stdout).toMatch(
      /^Would install onto tiny-say v1 \(lfp1:[0-9a-f]{12}…\):\n\+ {2}@demo\/loud {3}1\.0\.0\n/,
    );
    expect(await snapshot(sandbox.path("tree"))).toEqual(untouched);

    const installed = await sandbox.lora(["install", "@demo/loud"], { cwd: "tree" });
    expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(installed.stdout).toMatch(
      /\+ {2}@demo\/upper {2}1\.0\.0 {2}rank 8 {2}72\.5 kB\nInstalled 3 abilities onto tiny-say v1/,
    );
    expect(JSON.parse(await readFile(sandbox.path("tree", "lora.json"), "utf8")).dependencies).toEqual({
      "@demo/loud": "^1.0.0",
    });
    expect((await sandbox.lora(["list"], { cwd: "tree" })).stdout).toBe(
      "@demo/loud     1.0.0  bundle\n" +
        "  @demo/shout  1.0.0  rank 4  scale 0.5  21.2 kB\n" +
        "  @demo/upper  1.0.0  rank 8  scale 1    72.5 kB\n",
    );
    const { error } = await sandbox.json(["remove", "@demo/upper"], { cwd: "tree" });
    expect(error).toMatchObject({
      code: "NOT_INSTALLED",
      hint: "it came with @demo/loud: remove that instead",
    });

    const removed = await sandbox.lora(["remove", "@demo/loud"], { cwd: "tree" });
    expect(removed.stdout).toMatch(
      /^- {2}@demo\/loud {3}1\.0\.0\n- {2}@demo\/shout {2}1\.0\.0\n- {2}@demo\/upper {2}1\.0\.0\n/,
    );
    expect(await readdir(sandbox.path("tree", ".lora", "adapters"))).toEqual([]);
    expect((await sandbox.lora(["list"], { cwd: "tree" })).stdout).toContain("No abilities yet");
  });

  it("works from a directory below the project, and from elsewhere with --dir", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "deep");
    await mkdir(sandbox.path("deep", "src", "x"), { recursive: true });
    await mustRun(sandbox, ["install", "@demo/upper"], "deep/src/x");
    expect((await sandbox.json(["list", "--dir", "deep"])).stack).toEqual([
      { name: "@demo/upper", scale: 1 },
    ]);
  });

  it.each([
    [["install", "@demo/none"], "PACKAGE_NOT_FOUND", 66],
    [["install", "@demo/upper@^9"], "VERSION_NOT_FOUND", 66],
    [["install", "upper"], "NAME_INVALID", 64],
    [["remove", "@demo/none"], "NOT_INSTALLED", 66],
    [["info", "@demo/none"], "PACKAGE_NOT_FOUND", 66],
    [["info", "@demo/upper@^9"], "VERSION_NOT_FOUND", 66],
    [["run", "x", "--without", "@demo/none"], "NOT_INSTALLED", 66],
  ])("%j ends with %s", async (args, code, exitCode) => {
    const { sandbox } = workplace;
    await createProject(sandbox, `fails-${args.join("-").replaceAll(/[@/^]/g, "")}`);
    const outcome = await sandbox.lora([...args, "--json"], {
      cwd: `fails-${args.join("-").replaceAll(/[@/^]/g, "")}`,
    });
    expect(JSON.parse(outcome.stdout).error.code).toBe(code);
    expect(outcome.exitCode).toBe(exitCode);
  });

  it("says where there is no project", async () => {
    const { exitCode, stderr } = await workplace.sandbox.lora(["install"]);
    expect(exitCode).toBe(66);
    expect(stderr).toContain("there is no lora.json in");
    expect(stderr).toContain("hint: make this directory a project: lora init --model FILE");
  });

  it("refuses a lockfile with a merge's markers in it, and touches nothing", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "merged");
    await mustRun(sandbox, ["install", "@demo/upper"], "merged");
    const path = sandbox.path("merged", "lora-lock.json");
    await writeFile(path, `<<<<<<< HEAD\n${await readFile(path, "utf8")}`);
    const before = await snapshot(sandbox.path("merged"));
    expect((await sandbox.json(["install"], { cwd: "merged" })).error.code).toBe("LOCKFILE_INVALID");
    expect(await snapshot(sandbox.path("merged"))).toEqual(before);
  });
});

describe("lora run", () => {
  it("takes abilities away for one question, and reads a prompt from standard input", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "run");
    await mustRun(sandbox, ["install", "@demo/upper"], "run");
    const ask = async (...args: string[]) =>
      (await sandbox.lora(["run", "-", "--stop", "\n", ...args], { cwd: "run", input: "say: hello\n" }))
        .stdout;
    expect(await ask()).toBe("HELLO\n");
    expect(await ask("--base")).toBe("hello\n");
    expect(await ask("--without", "@demo/upper")).toBe("hello\n");
    expect(await ask("--max-tokens", "2")).toBe("HE\n");
    expect(await sandbox.json(["run", "say: hello\n", "--stop", "\n"], { cwd: "run" })).toMatchObject({
      text: "HELLO",
      stopReason: "stop",
      stack: [{ name: "@demo/upper", version: "1.0.0", scale: 1 }],
    });
  });

  it("says what to install where there is no llama.cpp", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "no-runtime");
    const { error } = await sandbox.json(["run", "x"], {
      cwd: "no-runtime",
      env: { LORA_LLAMA_SERVER: "/nowhere/llama-server" },
    });
    expect(error).toMatchObject({
      code: "RUNTIME_NOT_FOUND",
      hint: expect.stringContaining("LORA_LLAMA_SERVER"),
    });
  });
});

describe("lora info and lora doctor", () => {
  it("show versions, bases, ranks and which adapter is for this model", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "info");
    const { stdout } = await sandbox.lora(["info", "@demo/upper"], { cwd: "info" });
    expect(stdout).toMatch(
      /^@demo\/upper\nlatest = 1\.0\.0\n\d+ downloads in the last 30 days, \d+ ever\n\n1\.0\.0 {2}published \d{4}-\d\d-\d\d, signed with key [0-9a-f]{12}…\n/,
    );
    expect(stdout).toMatch(
      / {2}tiny-say v1 {2}lfp1:[0-9a-f]{12}… {2}rank 8 {2}72\.5 kB {2}upper-v1\.gguf {2}← your model\n$/,
    );
    expect((await sandbox.lora(["info", "@demo/loud"])).stdout).toContain("depends on @demo/upper ^1");
  });

  it("show how often a package was downloaded, once the registry has counted", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, "counted");
    await mustRun(sandbox, ["install", "@demo/upper"], "counted");
    const counted = async () => (await sandbox.json(["info", "@demo/upper"])).downloads;
    await expect.poll(counted, { timeout: 20_000, interval: 1000 }).toEqual({ last30Days: 1, total: 1 });
  }, 30_000);

  it("tell a machine where everything works from one where something does not", async () => {
    const { sandbox, registry } = workplace;
    await createProject(sandbox, "doctor");
    const fine = await sandbox.lora(["doctor"], { cwd: "doctor" });
    expect(fine.exitCode).toBe(0);
    expect(fine.stdout).toContain(`${registry.url}, logged in with "admin"`);
    expect(fine.stdout).toContain("tiny-say (lfp1:");
    const ill = await sandbox.lora(["doctor", "--json"], { env: { LORA_REGISTRY: "http://127.0.0.1:1" } });
    expect(ill.exitCode).toBe(1);
    expect(JSON.parse(ill.stdout).checks).toContainEqual(
      expect.objectContaining({ name: "registry", state: "failed" }),
    );
    expect(JSON.parse(ill.stdout).checks).toContainEqual({
      name: "project",
      state: "none",
      detail: "not in a project",
    });
  });
});
