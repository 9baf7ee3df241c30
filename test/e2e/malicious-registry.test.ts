// SPDX-License-Identifier: Apache-2.0
/** A registry with its own keys in its hands, that lies: each lie has its code, nothing is installed, proofs are kept. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isLogEvidence, parsePolicy } from "@lora/client/transparency";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  beginStory,
  goOn,
  type Lie,
  type StaticServer,
  type Story,
  serveFiles,
  tell,
} from "../support/malicious-registry.ts";
import { filesOf } from "../support/paper-registry.ts";
import { createProject, mustRun } from "../support/publishing.ts";
import { createSandbox, type Sandbox, snapshot } from "../support/sandbox.ts";

let story: Story;
let server: StaticServer;
let sandbox: Sandbox;

beforeAll(async () => {
  story = await beginStory();
  server = await serveFiles(new Map());
});
afterAll(() => server[Symbol.asyncDispose]());

/** A user who has installed 1.1.0 when everything was true. */
beforeEach(async () => {
  server.files = await filesOf(story.before);
  server.endless = () => false;
  sandbox = await createSandbox({ LORA_REGISTRY: server.url });
  await createProject(sandbox, "project");
  await mustRun(sandbox, ["install", "@demo/upper"], "project");
  return () => sandbox[Symbol.asyncDispose]();
});

async function show(lie: Lie): Promise<void> {
  const { files, endless } = await tell(lie, story);
  server.files = files;
  server.endless = (path) => endless?.test(path) ?? false;
}

async function expectRefused(code: string, args: string[] = ["update"]) {
  const before = await snapshot(sandbox.path("project"));
  const seen = await readFile(await statePath(), "utf8");
  const outcome = await sandbox.lora([...args, "--json"], { cwd: "project" });
  expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code } });
  expect(outcome.exitCode).toBeGreaterThan(0);
  expect(await snapshot(sandbox.path("project"))).toEqual(before);
  expect(await readFile(await statePath(), "utf8")).toBe(seen);
  return JSON.parse(outcome.stdout).error;
}

async function statePath(): Promise<string> {
  const logs = join(sandbox.home, "logs");
  const [log] = await readdir(logs);
  return join(logs, log ?? "", "state.json");
}

async function keptEvidence() {
  const directory = join(sandbox.home, "evidence");
  const names = await readdir(directory).catch(() => []);
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(directory, name), "utf8"))));
}

it("an honest registry that went on is followed", async () => {
  server.files = await filesOf(await goOn(story));
  const outcome = await sandbox.lora(["update"], { cwd: "project" });
  expect(outcome).toMatchObject({
    exitCode: 0,
    stderr: "",
    stdout: expect.stringContaining("1.1.0 → 1.2.0"),
  });
  const lockfile = JSON.parse(await readFile(sandbox.path("project", "lora-lock.json"), "utf8"));
  expect(lockfile.packages["@demo/upper"]).toMatchObject({ version: "1.2.0", logIndex: 5 });
  expect(await keptEvidence()).toEqual([]);
});

describe("refused, with nothing installed:", () => {
  it.each<[Lie, string, string[]?]>([
    ["freeze", "LOG_STALE"],
    ["swapped version", "VERSION_SWAPPED"],
    ["another package's metadata", "RELEASE_MISMATCH", ["install", "@demo/loud"]],
    ["substituted key", "KEY_UNKNOWN"],
    ["hidden version", "VERSION_HIDDEN"],
    ["wrong receipt", "RECEIPT_MISMATCH"],
    ["endless response", "REGISTRY_PROTOCOL"],
  ])("%s is %s", async (lie, code, args) => {
    await show(lie);
    await expectRefused(code, args);
    expect(await keptEvidence()).toEqual([]);
  });

  it.each([
    ["the index", /^\/index\//],
    ["the registry's own document", /^\/registry\.json$/],
    ["a receipt", /\/receipt$/],
    ["a signature", /\/signature\.json$/],
    ["the scope's keys", /^\/scopes\//],
    ["a tile", /^\/log\/tile\//],
  ])("endless response for %s is REGISTRY_PROTOCOL", async (_what, path) => {
    server.files = await filesOf(await goOn(story));
    server.endless = (asked) => path.test(asked);
    // What is asked for once only, and what the cache has, is asked for by a machine that has nothing.
    await rm(join(sandbox.home, "cache"), { recursive: true });
    await expectRefused("REGISTRY_PROTOCOL");
  });

  it("endless response for a blob is SIZE_MISMATCH", async () => {
    server.files = await filesOf(await goOn(story));
    // The adapter, not the manifest, which has a code of its own.
    server.endless = (asked) =>
      asked.startsWith("/blobs/") && (server.files.get(asked)?.length ?? 0) > 10_000;
    await expectRefused("SIZE_MISMATCH", ["install", "@demo/shout"]);
  });

  it("a receipt of a fork, behind an honest checkpoint, is LOG_INCONSISTENT, with the proof kept", async () => {
    const { files } = await tell("fork", story);
    server.files = await filesOf(await goOn(story));
    const path = "/versions/@demo/upper/1.2.0/receipt";
    const honest = server.files.get(path);
    server.files.set(path, files.get(path) ?? "");
    expect(files.get(path)).not.toBe(honest);
    // The same release in both histories.
    for (const shown of [`/versions/@demo/upper/1.2.0/signature.json`, "/index/@demo/upper.json"])
      server.files.set(shown, files.get(shown) ?? "");
    const index = JSON.parse(String(files.get("/index/@demo/upper.json")));
    const before = JSON.parse(String((await filesOf(story.before)).get("/index/@demo/upper.json")));
    index.versions["1.1.0"] = before.versions["1.1.0"];
    server.files.set("/index/@demo/upper.json", JSON.stringify(index));
    await expectRefused("LOG_INCONSISTENT");
    const [kept] = await keptEvidence();
    expect(await isLogEvidence(kept.evidence, parsePolicy(kept.policy))).toBe(true);
  });

  it("truncated blob is SIZE_MISMATCH", async () => {
    await show("truncated blob");
    await expectRefused("SIZE_MISMATCH", ["install", "@demo/shout"]);
  });

  it("fork is LOG_INCONSISTENT, with a proof that convicts the log", async () => {
    await show("fork");
    const { details, message } = await expectRefused("LOG_INCONSISTENT");
    const [kept] = await keptEvidence();
    expect(message).toContain(details.evidencePath);
    expect(kept).toMatchObject({ kind: "fork", url: server.url });
    expect(await isLogEvidence(kept.evidence, parsePolicy(kept.policy))).toBe(true);
  });

  it("rollback is LOG_ROLLED_BACK, with both notes kept", async () => {
    await show("rollback");
    await expectRefused("LOG_ROLLED_BACK");
    const [kept] = await keptEvidence();
    expect(kept.evidence.seen).toContain("\n5\n");
    expect(kept.evidence.offered).toContain("\n4\n");
  });
});

it("a lagging mirror is warned of, and what was seen stays", async () => {
  const before = await readFile(await statePath(), "utf8");
  await show("lagging mirror");
  await createProject(sandbox, "another");
  const outcome = await sandbox.lora(["install", "@demo/shout"], { cwd: "another" });
  expect(outcome).toMatchObject({
    exitCode: 0,
    stderr: `note: ${server.url} lags behind: its log has 4 entries, and 5 were seen before\n`,
  });
  expect(JSON.parse(await readFile(await statePath(), "utf8")).checkpoint).toBe(
    JSON.parse(before).checkpoint,
  );
});
