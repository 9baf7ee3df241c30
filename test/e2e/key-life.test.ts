// SPDX-License-Identifier: Apache-2.0
/** A scope's keys from the first to the last, by the command line against a real registry. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { importPublicKey } from "@lora/client/signing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
/** The author's machine. */
let author: Sandbox;
/** Somebody who installs. */
let user: Sandbox;
let first = "";
let second = "";

beforeAll(async () => {
  workplace = await createWorkplace();
  author = workplace.sandbox;
  user = await createSandbox({ LORA_REGISTRY: workplace.registry.url });
  await publishAbility(author, { name: "@demo/upper", ability: "upper" });
  await createProject(user, "project");
  await mustRun(user, ["install", "@demo/upper"], "project");
  first = (await author.json(["key", "ls"])).keys[0].keyId;
});
afterAll(async () => {
  await user[Symbol.asyncDispose]();
  await workplace[Symbol.asyncDispose]();
});

const lockedUpper = async () =>
  JSON.parse(await readFile(user.path("project", "lora-lock.json"), "utf8")).packages["@demo/upper"];
const withoutStore = () => rm(join(user.home, "store"), { recursive: true });

it("an install pins key and log entry", async () => {
  expect(await lockedUpper()).toMatchObject({ keyId: first, logIndex: expect.any(Number) });
  expect((await user.json(["verify"], { cwd: "project" })).ok).toBe(true);
  expect((await user.json(["audit"], { cwd: "project" })).findings).toEqual([]);
});

it("a key can be added, made here or on another machine, and exported", async () => {
  const added = await author.json(["key", "add", "@demo"]);
  second = added.keyId;
  expect(added).toMatchObject({ by: first, logIndex: expect.any(Number) });
  const { stdout } = await mustRun(author, ["key", "export", "@demo", second.slice(0, 8)]);
  expect((await importPublicKey(stdout)).keyId).toBe(second);

  const laptop = await createSandbox({ LORA_REGISTRY: workplace.registry.url });
  await mustRun(laptop, ["login", "--token", workplace.registry.token]);
  const refused = await laptop.json(["key", "add", "@demo"]);
  expect(refused.error).toMatchObject({ code: "KEY_NOT_FOUND" });
  await laptop[Symbol.asyncDispose]();
});

it("what the new key signs is accepted by who has pinned the old one", async () => {
  await rm(join(author.home, "keys", "@demo", `${first}.pem`));
  await publishAbility(author, { name: "@demo/upper", ability: "upper", version: "1.1.0" });
  expect((await mustRun(user, ["update"], "project")).stdout).toContain("1.0.0 → 1.1.0");
  expect((await lockedUpper()).keyId).toBe(second);
});

it("the old key is revoked; an old pin still verifies what was signed before", async () => {
  await mustRun(user, ["install", "@demo/upper@1.0.0"], "project");
  const { validBefore } = await author.json(["key", "revoke", "@demo", first.slice(0, 12)]);
  expect((await lockedUpper()).logIndex).toBeLessThan(validBefore);
  const { keys } = await author.json(["key", "ls", "@demo"]);
  expect(keys).toMatchObject([
    { keyId: first, state: expect.stringContaining("revoked"), here: false },
    { keyId: second, state: "valid", here: true },
  ]);

  await withoutStore();
  await mustRun(user, ["ci"], "project");
  expect((await user.json(["verify"], { cwd: "project" })).ok).toBe(true);
  const audit = await user.lora(["audit", "--json"], { cwd: "project" });
  expect(audit.exitCode).toBe(1);
  expect(JSON.parse(audit.stdout).findings.map(({ kind }: { kind: string }) => kind)).toEqual([
    "key-added",
    "key-revoked",
  ]);
});

it("the last key of a scope is not revoked by mistake", async () => {
  const { error } = await author.json(["key", "revoke", "@demo", second]);
  expect(error).toMatchObject({ code: "USAGE", hint: "add another first: lora key add @demo" });
});

it("a new project accepts what either key signed at its time", async () => {
  await createProject(user, "fresh");
  await mustRun(user, ["install", "@demo/upper@1.0.0"], "fresh");
  await mustRun(user, ["install", "@demo/upper@1.1.0"], "fresh");
});

it("the scope's owners see all of it in the log", async () => {
  const watch = (...args: string[]) =>
    author.json(["log", "monitor", "--scope", "@demo", "--once", "--from", "0", ...args]);
  const { events, unexpected } = await watch("--key", first, "--key", second);
  expect(unexpected).toBe(0);
  expect(events.map(({ entry }: { entry: { t: string } }) => entry.t)).toEqual(
    expect.arrayContaining(["scope.create", "key.add", "publish", "key.revoke"]),
  );
  // This machine has the second key alone.
  expect((await watch()).unexpected).toBe(2);
});

it("a project's old lockfile without log entries is read, and gets them with its next change", async () => {
  const path = user.path("project", "lora-lock.json");
  const lockfile = JSON.parse(await readFile(path, "utf8"));
  delete lockfile.packages["@demo/upper"].logIndex;
  await writeFile(path, `${JSON.stringify(lockfile, null, 2)}\n`);
  await mustRun(user, ["install"], "project");
  expect((await lockedUpper()).logIndex).toBeUndefined();
  await mustRun(user, ["install", "@demo/upper@1.1.0"], "project");
  expect((await lockedUpper()).logIndex).toEqual(expect.any(Number));
  expect(await readdir(join(user.home, "store", "receipts"))).toHaveLength(2);
});
