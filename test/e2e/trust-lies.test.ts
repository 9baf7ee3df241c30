// SPDX-License-Identifier: Apache-2.0
/** Registries that lie where two things meet: another's log, a policy, a second word about a key, a full disk. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parsePackageName, parseScopeName } from "@lora/client/names";
import { formatVerifierKey, isLogEvidence, parsePolicy } from "@lora/client/transparency";
import type { Version } from "@lora/client/versions";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type StaticServer, serveFiles } from "../support/malicious-registry.ts";
import { createPaperLog } from "../support/paper-log.ts";
import {
  addKey,
  createPaperRegistry,
  createScope,
  filesOf,
  listRelease,
  logAct,
  ORIGIN,
  type PaperKey,
  type PaperRegistry,
  publish,
  revokeKey,
} from "../support/paper-registry.ts";
import { createProject, mustRun } from "../support/publishing.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";

const demo = parseScopeName("@demo");
const upper = parsePackageName("@demo/upper");
const version = "1.0.0" as Version;
const now = Math.floor(Date.now() / 1000);

let server: StaticServer;
let registry: PaperRegistry;
let key: PaperKey;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await serveFiles(new Map());
});
afterAll(() => server[Symbol.asyncDispose]());

/** @demo/upper 1.0.0 is installed in a project, and there is another with nothing. */
beforeEach(async () => {
  registry = await createPaperRegistry(now - 3600);
  key = await createScope(registry, demo);
  await publish(registry, "@demo/upper@1.0.0", key);
  await publish(registry, "@demo/shout@1.0.0", key, { ability: "shout" });
  registry.clock = now;
  await show();
  sandbox = await createSandbox({ LORA_REGISTRY: server.url });
  for (const project of ["project", "another"]) await createProject(sandbox, project);
  await mustRun(sandbox, ["install", "@demo/upper"], "project");
  return () => sandbox[Symbol.asyncDispose]();
});

async function show(): Promise<void> {
  server.files = await filesOf(registry);
}
const forgetStore = () => rm(join(sandbox.home, "store"), { recursive: true });
const json = (args: string[], cwd = "project", env: Record<string, string> = {}) =>
  sandbox.json(args, { cwd, env });

describe("another registry, with a log of its own that has the same release", () => {
  let other: PaperRegistry;
  let env: Record<string, string>;

  beforeEach(async () => {
    other = {
      ...structuredClone(registry),
      scopes: {},
      packages: {},
      log: await createPaperLog("other.example"),
    };
    await logAct(other, { t: "scope.create", scope: demo });
    const index = await logAct(other, { t: "key.add", scope: demo, keyid: key.keyId, by: null });
    const document = { ...key.document, index, receipt: other.log.receipts[index] };
    other.scopes[demo] = [{ ...key, document }];
    const release = registry.packages[upper]?.[version];
    if (release === undefined) throw new Error("the registry has no such release");
    await listRelease(other, upper, version, release);
    env = { LORA_REGISTRY: server.url.replace("127.0.0.1", "localhost") };
  });

  async function showOther(origin: string): Promise<void> {
    server.files = await filesOf(other);
    const info = JSON.parse(String(server.files.get("/registry.json")));
    server.files.set("/registry.json", JSON.stringify({ ...info, origin }));
  }

  it("proves nothing about what a lockfile has from the first", async () => {
    await showOther("https://other.example");
    await forgetStore();
    expect((await json(["ci"], "project", env)).error).toMatchObject({
      code: "RELEASE_MISMATCH",
      message: expect.stringContaining(`is locked from "${ORIGIN}"`),
    });
    const { packages } = await json(["verify"], "project", env);
    expect(packages[0].ok).toBe(false);
    expect((await json(["audit"], "project", env)).error).toMatchObject({ code: "RELEASE_MISMATCH" });
  });

  it("does not pass for the first under a policy that names both", async () => {
    const keys = [registry, other].map(({ log: { logKey, clockKey } }) =>
      [logKey, clockKey].map(formatVerifierKey),
    );
    const lines = keys.map(([log, clock], i) => `log ${log}\nwitness clock${i} ${clock}\n`);
    const policy = `${lines.join("")}group any any clock0 clock1\nquorum any\n`;
    await writeFile(join(sandbox.home, "log-policy"), policy);
    expect((await json(["install", "@demo/shout"], "another")).error).toBeUndefined();
    await showOther(ORIGIN);
    expect((await json(["install", "@demo/upper"], "another", env)).error).toMatchObject({
      code: "CHECKPOINT_UNTRUSTED",
    });
    // Another name for its own log would be another memory of it.
    await show();
    const info = JSON.parse(String(server.files.get("/registry.json")));
    const { logKey } = await createPaperLog("paper.example");
    server.files.set("/registry.json", JSON.stringify({ ...info, logKey: formatVerifierKey(logKey) }));
    expect((await json(["install", "@demo/upper"], "another")).error).toMatchObject({
      code: "CHECKPOINT_UNTRUSTED",
      message: expect.stringContaining("which the log policy does not name"),
    });
  });
});

it("a second revocation that says less does not weaken the first", async () => {
  const second = await addKey(registry, demo, key);
  await revokeKey(registry, demo, key);
  await publish(registry, "@demo/upper@1.1.0", second);
  await show();
  await forgetStore();
  await mustRun(sandbox, ["ci"], "project");
  const validBefore = 1000;
  const index = await logAct(registry, { t: "key.revoke", scope: demo, keyid: key.keyId, validBefore });
  key.document.revoked = { validBefore, index, receipt: registry.log.receipts[index] };
  await show();
  await forgetStore();
  await mustRun(sandbox, ["ci"], "project");
  await publish(registry, "@demo/upper@1.2.0", key);
  await show();
  expect((await json(["update"])).error).toMatchObject({ code: "KEY_REVOKED" });
});

it("a revocation that stopped an install cannot be hidden from the next", async () => {
  await revokeKey(registry, demo, key);
  await publish(registry, "@demo/upper@1.1.0", key);
  await show();
  expect((await json(["update"])).error).toMatchObject({ code: "KEY_REVOKED" });
  delete key.document.revoked;
  await show();
  expect((await json(["update"])).error).toMatchObject({ code: "KEY_REVOKED" });
});

it("a key that the registry logs as if it were the scope's first is refused, and told of by audit", async () => {
  registry.log.last[demo] = { index: 0, seq: 0 };
  const own = await addKey(registry, demo, null);
  await publish(registry, "@demo/upper@1.1.0", own);
  await show();
  expect((await json(["update"])).error).toMatchObject({ code: "KEY_CHANGED" });
  // Nothing is pinned in this project; the machine has seen the scope's first key.
  expect((await json(["install", "@demo/upper"], "another")).error).toMatchObject({
    code: "KEY_CHANGED",
    message: expect.stringContaining(`${key.keyId.slice(0, 12)} was its first`),
  });
  const { ok, findings } = await json(["audit"]);
  expect(ok).toBe(false);
  expect(findings).toMatchObject([
    { kind: "key-reset", detail: expect.stringContaining("as if it were its first") },
  ]);
});

it("a package that is not shown at all may be private, and the error says so", async () => {
  server.files.delete("/index/@demo/upper.json");
  expect((await json(["update"])).error).toMatchObject({
    code: "VERSION_HIDDEN",
    hint: expect.stringContaining("lora login"),
  });
});

it("a fork is told as one where its proof cannot be kept, and the details have it", async () => {
  registry.log.leaves.splice(2);
  registry.log.receipts.splice(2);
  delete registry.log.last[upper];
  await publish(registry, "@demo/upper@1.0.0", key, { description: "another" });
  await publish(registry, "@demo/shout@1.0.0", key, { ability: "shout" });
  await show();
  await writeFile(join(sandbox.home, "evidence"), "a file where the directory would be");
  const { error } = await json(["update"]);
  expect(error).toMatchObject({ code: "LOG_INCONSISTENT", hint: expect.stringContaining("--json") });
  expect(error.message).toContain("the proof could not be kept");
  const { logKey } = JSON.parse(String(server.files.get("/registry.json")));
  expect(await isLogEvidence(error.details.evidence, parsePolicy(`log ${logKey}\nquorum none\n`))).toBe(true);
  const verified = await json(["verify"]);
  expect(verified).toMatchObject({ ok: false, logs: [{ error: { code: "LOG_INCONSISTENT" } }] });
});

it("a policy that names nobody who knows the time is said to need one", async () => {
  const { logKey } = JSON.parse(await readFile(join(sandbox.home, "logs.json"), "utf8")).logs[server.url];
  await writeFile(join(sandbox.home, "log-policy"), `log ${logKey}\nquorum none\n`);
  expect((await json(["update"])).error).toMatchObject({
    code: "LOG_STALE",
    hint: expect.stringContaining("name a witness"),
  });
});
