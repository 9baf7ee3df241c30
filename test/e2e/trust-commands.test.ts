// SPDX-License-Identifier: Apache-2.0
/** What a user asks about trust after the install: verify, audit, trust, and the watch over a scope. */
import { chmod, cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parsePackageName, parseScopeName } from "@lora/client/names";
import { generateSigningKey } from "@lora/client/signing";
import type { Version } from "@lora/client/versions";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type StaticServer, serveFiles } from "../support/malicious-registry.ts";
import {
  addKey,
  createPaperRegistry,
  createScope,
  filesOf,
  logAct,
  type PaperKey,
  type PaperRegistry,
  publish,
  resetKey,
  revokeKey,
  takeDown,
} from "../support/paper-registry.ts";
import { createProject, mustRun } from "../support/publishing.ts";
import { createSandbox, type Sandbox, snapshot } from "../support/sandbox.ts";
import { flipBit } from "../support/tampering-proxy.ts";

const demo = parseScopeName("@demo");
const upper = parsePackageName("@demo/upper");
const version = "1.0.0" as Version;
const now = Math.floor(Date.now() / 1000);

let beginning: PaperRegistry;
let firstKey: PaperKey;
let registry: PaperRegistry;
let key: PaperKey;
let server: StaticServer;
let template: Sandbox;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await serveFiles(new Map());
  beginning = await createPaperRegistry(now - 100 * 3600);
  firstKey = await createScope(beginning, demo);
  await publish(beginning, "@demo/upper@1.0.0", firstKey);
  await publish(beginning, "@demo/shout@1.0.0", firstKey, { ability: "shout" });
  server.files = await filesOf({ ...beginning, clock: now });
  template = await createSandbox({ LORA_REGISTRY: server.url });
  for (const project of ["project", "another"]) await createProject(template, project);
  await mustRun(template, ["install", "@demo/upper"], "project");
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await template[Symbol.asyncDispose]();
});

/** A project with @demo/upper 1.0.0, installed when nothing had happened yet, and one with nothing. */
beforeEach(async () => {
  registry = structuredClone(beginning);
  key = registry.scopes[demo]?.[0] as PaperKey;
  registry.clock = now;
  await show();
  sandbox = await createSandbox({ LORA_REGISTRY: server.url });
  await cp(template.directory, sandbox.directory, { recursive: true });
});
afterEach(() => sandbox[Symbol.asyncDispose]());

async function show(): Promise<void> {
  server.files = await filesOf(registry);
}

const lora = (...args: string[]) => sandbox.lora(args, { cwd: "project" });
const json = async (...args: string[]) => {
  const outcome = await sandbox.lora([...args, "--json"], { cwd: "project" });
  return { ...JSON.parse(outcome.stdout), exitCode: outcome.exitCode };
};

describe("at first use", () => {
  it("a log's key is pinned, told once, and listed", async () => {
    const again = await sandbox.lora(["install", "@demo/shout"], { cwd: "another" });
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    const other = await createSandbox({ LORA_REGISTRY: server.url });
    await createProject(other, "project");
    const first = await other.lora(["install", "@demo/shout"], { cwd: "project" });
    expect(first.stderr).toMatch(
      /^note: first use of https:\/\/paper\.example: pinned the key of its log, paper\.example\/log\+/,
    );
    await other[Symbol.asyncDispose]();
    const { stdout } = await lora("trust", "ls");
    expect(stdout).toContain(`${server.url}  log    paper.example/log+`);
  });

  it("another log at the same address is refused until the first is forgotten", async () => {
    registry = await createPaperRegistry();
    key = await createScope(registry, demo);
    await publish(registry, "@demo/upper@1.0.0", key);
    await show();
    const install = () => sandbox.lora(["install", "@demo/upper", "--json"], { cwd: "another" });
    const refused = JSON.parse((await install()).stdout);
    expect(refused.error).toMatchObject({ code: "LOG_KEY_CHANGED" });
    expect(refused.error.hint).toContain(`lora trust forget ${server.url}`);
    expect((await lora("trust", "forget", server.url)).exitCode).toBe(0);
    expect(await install()).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining("error") });
  });

  it("a registry whose name would play with the terminal is refused", async () => {
    const info = JSON.parse(String(server.files.get("/registry.json")));
    server.files.set("/registry.json", JSON.stringify({ ...info, origin: "https://x.example\u001b[2J" }));
    expect((await json("update")).error).toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  it("another key under the id of a scope's is not exported", async () => {
    key.document.pem = (await generateSigningKey()).publicPem;
    await show();
    expect((await json("key", "export", "@demo")).error).toMatchObject({ code: "KEY_INVALID" });
  });

  it("a registry without a log is refused", async () => {
    server.files.delete("/log/checkpoint");
    expect((await json("update")).error).toMatchObject({ code: "LOG_MISSING" });
  });
});

describe("a policy file", () => {
  it("goes before pinned keys: a witness that it asks for must have cosigned", async () => {
    const { logs } = await json("trust", "ls");
    const { logKey, clockKey } = logs[server.url];
    const policy = (quorum: string) =>
      `log ${logKey}\nwitness clock ${clockKey}\nwitness friend friend.example/witness+a5ba9e30+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR\ngroup both all clock friend\nquorum ${quorum}\n`.replace(
        quorum === "clock" ? "group both all clock friend\n" : "\0",
        "",
      );
    await writeFile(join(sandbox.home, "log-policy"), policy("both"));
    expect((await json("update")).error).toMatchObject({ code: "COSIGNATURES_MISSING" });
    await writeFile(join(sandbox.home, "log-policy"), policy("clock"));
    expect((await lora("update")).exitCode).toBe(0);
    await writeFile(join(sandbox.home, "log-policy"), "quorum nobody\n");
    expect((await json("update")).error).toMatchObject({ code: "LOG_POLICY_INVALID" });
  });
});

describe("verify", () => {
  it("finds all in order, online and offline, and says which checks were made", async () => {
    const online = await json("verify");
    expect(online).toMatchObject({ exitCode: 0, ok: true, logs: [{ ok: true, size: 4 }] });
    expect(online.packages[0].checks.map(({ check }: { check: string }) => check)).toEqual([
      "receipt",
      "signature",
      "manifest",
      "adapter",
      "installed",
      "log",
      "keys",
    ]);
    server.seen.length = 0;
    const offline = await json("verify", "--offline");
    expect(offline).toMatchObject({ exitCode: 0, ok: true, logs: [] });
    expect(offline.packages[0].checks).toHaveLength(5);
    expect(server.seen).toEqual([]);
  });

  const failed = (report: { packages: { checks: { check: string; error?: { code: string } }[] }[] }) =>
    report.packages.flatMap(({ checks }) =>
      checks.flatMap(({ check, error }) => (error ? [`${check} ${error.code}`] : [])),
    );
  const stored = async (directory: string) => {
    const root = join(sandbox.home, "store", directory);
    const [name] = await readdir(root);
    return join(root, name ?? "");
  };

  it.each([
    ["a receipt", async () => stored("receipts"), "receipt RECEIPT_INVALID"],
    ["a signature", async () => stored("bundles"), "signature"],
    [
      "an installed adapter",
      async () => {
        const root = sandbox.path("project", ".lora", "adapters");
        const path = join(root, (await readdir(root))[0] ?? "");
        // Linked from the store: only this name of it is to change.
        const bytes = await readFile(path);
        await rm(path);
        await writeFile(path, bytes);
        return path;
      },
      "installed INSTALL_CORRUPT",
    ],
  ])("finds a flipped bit in %s", async (_what, locate, expected) => {
    const path = await locate();
    await chmod(path, 0o644);
    await writeFile(path, flipBit(await readFile(path), 40));
    const report = await json("verify", "--offline");
    expect(report).toMatchObject({ exitCode: 1, ok: false });
    expect(failed(report)).toEqual([expect.stringContaining(expected)]);
  });

  it("says that a receipt is missing, and an install brings it back", async () => {
    await rm(await stored("receipts"));
    expect(failed(await json("verify", "--offline"))).toEqual(["receipt RECEIPT_INVALID"]);
    expect((await lora("ci")).exitCode).toBe(0);
    expect((await json("verify", "--offline")).ok).toBe(true);
  });

  it("finds a log that nobody confirmed for a day, and a revoked key", async () => {
    registry.clock = now - 25 * 3600;
    await show();
    expect(await json("verify")).toMatchObject({
      exitCode: 1,
      logs: [{ ok: false, error: { code: "LOG_STALE" } }],
    });
    registry.clock = now;
    key.document.revoked = { validBefore: 1 };
    const index = await logAct(registry, { t: "key.revoke", scope: demo, keyid: key.keyId, validBefore: 1 });
    key.document.revoked = { validBefore: 1, index, receipt: registry.log.receipts[index] };
    await show();
    expect(failed(await json("verify"))).toEqual(["keys KEY_REVOKED"]);
  });
});

describe("audit", () => {
  it("finds nothing where nothing happened", async () => {
    expect(await json("audit")).toMatchObject({ exitCode: 0, ok: true, findings: [] });
  });

  it("finds a yank, and no more once it is taken back", async () => {
    await logAct(registry, { t: "yank", pkg: upper, version });
    await show();
    expect(await json("audit")).toMatchObject({
      exitCode: 1,
      findings: [{ kind: "yanked", name: "@demo/upper", version: "1.0.0", index: 4 }],
    });
    await logAct(registry, { t: "unyank", pkg: upper, version });
    await show();
    expect(await json("audit")).toMatchObject({ exitCode: 0, findings: [] });
  });

  it("finds a takedown, a second publish, a revocation, a reset, and what the index hides", async () => {
    const second = await addKey(registry, demo, key);
    await revokeKey(registry, demo, key);
    await resetKey(registry, demo, now + 73 * 3600);
    await publish(registry, "@demo/upper@1.1.0", second);
    delete registry.packages[upper]?.["1.1.0" as Version];
    await logAct(registry, { t: "publish", pkg: upper, version, id: second.keyId, keyid: second.keyId });
    await logAct(registry, { t: "takedown", pkg: upper, version });
    await show();
    const { findings, exitCode } = await json("audit");
    expect(exitCode).toBe(1);
    expect(findings.map(({ kind }: { kind: string }) => kind)).toEqual([
      "key-added",
      "key-revoked",
      "key-reset",
      "hidden",
      "republished",
      "taken-down",
    ]);
  });

  it("is content with a key that another one vouched for", async () => {
    await addKey(registry, demo, key);
    await show();
    expect(await json("audit")).toMatchObject({ exitCode: 0, ok: true, findings: [{ kind: "key-added" }] });
  });
});

describe("a version that was taken down", () => {
  const fresh = async () => {
    await rm(join(sandbox.home, "store"), { recursive: true });
    return json("ci");
  };

  it("is no longer installed, and is not taken for hidden", async () => {
    await publish(registry, "@demo/upper@1.1.0", key);
    await takeDown(registry, upper, version);
    await show();
    expect((await fresh()).error).toMatchObject({
      code: "VERSION_TAKEN_DOWN",
      hint: "take another version: lora update @demo/upper",
    });
    expect((await lora("update", "@demo/upper")).stdout).toContain("1.0.0 → 1.1.0");
  });

  it("by the index alone, and not by the log, is not believed", async () => {
    await takeDown(registry, upper, version);
    const claim = registry.takenDown[upper]?.[version];
    if (claim !== undefined) claim.receipt = registry.log.receipts[2] as string;
    await show();
    expect((await fresh()).error).toMatchObject({ code: "RECEIPT_MISMATCH" });
  });
});

it("a yanked version that is locked is installed with a warning", async () => {
  await logAct(registry, { t: "yank", pkg: upper, version });
  Object.assign(registry.packages[upper]?.[version]?.entry ?? {}, { yanked: "trained on the wrong data" });
  await show();
  await rm(join(sandbox.home, "store"), { recursive: true });
  expect(await lora("ci")).toMatchObject({
    exitCode: 0,
    stderr: "note: @demo/upper 1.0.0 is yanked: trained on the wrong data\n",
  });
});

describe("the life of a key", () => {
  it("a key that the old one vouched for is accepted, and the old one's releases stay good after its revocation", async () => {
    const second = await addKey(registry, demo, key);
    await publish(registry, "@demo/upper@1.1.0", second);
    await revokeKey(registry, demo, key);
    await show();
    await rm(join(sandbox.home, "store"), { recursive: true });
    expect((await lora("ci")).exitCode).toBe(0);
    expect(await lora("update")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("1.0.0 → 1.1.0"),
    });
  });

  it("what a revoked key signed after its revocation is refused", async () => {
    await revokeKey(registry, demo, key);
    await publish(registry, "@demo/upper@1.1.0", key);
    await show();
    expect((await json("update")).error).toMatchObject({ code: "KEY_REVOKED" });
  });

  it("a key that a revoked one vouched for after its revocation is refused", async () => {
    await revokeKey(registry, demo, key);
    const second = await addKey(registry, demo, key);
    await publish(registry, "@demo/upper@1.1.0", second);
    await show();
    expect((await json("update")).error).toMatchObject({ code: "KEY_REVOKED" });
  });

  it("a revocation that was seen cannot be hidden again", async () => {
    const second = await addKey(registry, demo, key);
    await revokeKey(registry, demo, key);
    await publish(registry, "@demo/upper@1.1.0", second);
    await show();
    await rm(join(sandbox.home, "store"), { recursive: true });
    expect((await lora("ci")).exitCode).toBe(0);
    delete key.document.revoked;
    await publish(registry, "@demo/upper@1.2.0", key);
    await show();
    expect((await json("update")).error).toMatchObject({ code: "KEY_REVOKED" });
  });

  it("a reset stops an install until the user trusts the key", async () => {
    registry.clock = now - 80 * 3600;
    const after = await resetKey(registry, demo, now - 8 * 3600);
    registry.clock = now;
    await publish(registry, "@demo/upper@1.1.0", after);
    await show();
    const before = await snapshot(sandbox.path("project"));
    const { error } = await json("update");
    expect(error).toMatchObject({
      code: "KEY_RESET",
      hint: expect.stringContaining(`lora trust @demo ${after.keyId}`),
    });
    expect(await snapshot(sandbox.path("project"))).toEqual(before);
    expect((await lora("trust", "@demo", after.keyId)).exitCode).toBe(0);
    expect(await lora("update")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("1.0.0 → 1.1.0"),
    });
  });

  it("a reset that did not wait, or that signs before its time, is refused also where nothing is pinned", async () => {
    const early = await resetKey(registry, demo, now);
    await publish(registry, "@demo/upper@1.1.0", early);
    await show();
    const install = async () =>
      JSON.parse((await sandbox.lora(["install", "@demo/upper", "--json"], { cwd: "another" })).stdout);
    expect((await install()).error).toMatchObject({
      code: "KEY_UNKNOWN",
      message: expect.stringContaining("72 hours"),
    });
  });

  it("a key with a forged voucher, or another key under a good id, is refused", async () => {
    const forged = await addKey(registry, demo, await generateSigningKey(), { by: key.keyId });
    await publish(registry, "@demo/upper@1.1.0", forged);
    await show();
    expect((await json("update")).error).toMatchObject({ code: "KEY_UNKNOWN" });
    forged.document.pem = key.publicPem;
    await show();
    expect((await json("update")).error).toMatchObject({ code: "KEY_INVALID" });
  });
});

describe("log monitor", () => {
  const watch = (...args: string[]) => json("log", "monitor", "--scope", "@demo", "--once", ...args);

  it("tells what happened to a scope since the last look, and nothing twice", async () => {
    const first = await watch("--key", firstKey.keyId);
    expect(first).toMatchObject({ exitCode: 0, size: 4, unexpected: 0 });
    expect(first.events.map(({ entry }: { entry: { t: string } }) => entry.t)).toEqual([
      "scope.create",
      "key.add",
      "publish",
      "publish",
    ]);
    await logAct(registry, { t: "yank", pkg: upper, version });
    await show();
    expect((await watch("--key", firstKey.keyId)).events).toMatchObject([{ index: 4, entry: { t: "yank" } }]);
    expect((await watch("--key", firstKey.keyId)).events).toEqual([]);
  });

  it("ends with 1 at a publish by another key, and at a key that is not mine", async () => {
    const stranger = await addKey(registry, demo, key);
    await publish(registry, "@demo/upper@1.1.0", stranger);
    await show();
    const report = await watch("--key", firstKey.keyId);
    expect(report).toMatchObject({ exitCode: 1, unexpected: 2 });
    const { stdout } = await lora(
      "log",
      "monitor",
      "--scope",
      "@demo",
      "--once",
      "--from",
      "0",
      "--key",
      firstKey.keyId,
    );
    expect(stdout).toContain(`publish  pkg @demo/upper  version 1.1.0`);
    expect(stdout).toContain(`UNEXPECTED: signed by key ${stranger.keyId}, which is not yours`);
  });

  it("ends with 1 at a release that nobody expected", async () => {
    const both = ["--expect", "@demo/upper@1.0.0", "--expect", "@demo/shout@1.0.0"];
    expect(await watch("--from", "0", ...both)).toMatchObject({ exitCode: 0, unexpected: 0 });
    expect(await watch("--from", "0", ...both.slice(0, 2))).toMatchObject({ exitCode: 1, unexpected: 1 });
  });
});
