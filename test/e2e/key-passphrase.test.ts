// SPDX-License-Identifier: Apache-2.0
/** Signing keys that a passphrase locks: from the environment, and asked for on a terminal. */
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mustRun, publishBundle } from "../support/publishing.ts";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";
import { loraOnTerminal } from "../support/terminal.ts";

const PASSPHRASE = "corréct horse";
const LORA_KEY_PASSPHRASE = PASSPHRASE;

let registry: TestRegistry;
let sandbox: Sandbox;
let keys: string;
let first: string;

beforeAll(async () => {
  registry = await startTestRegistry();
  sandbox = await createSandbox({ LORA_REGISTRY: registry.url });
  await mustRun(sandbox, ["login", "--token", registry.token]);
  keys = join(sandbox.home, "keys", "@demo");
});
afterAll(async () => {
  await registry.stop();
  await sandbox[Symbol.asyncDispose]();
});

it("a scope's first key is locked, and its file alone signs nothing", async () => {
  const refused = await sandbox.lora(["scope", "create", "@demo", "--passphrase"]);
  expect(refused).toMatchObject({ exitCode: 77, stderr: expect.stringContaining("LORA_KEY_PASSPHRASE") });
  await expect(readdir(keys)).rejects.toMatchObject({ code: "ENOENT" });

  const created = await sandbox.json(["scope", "create", "@demo", "--passphrase"], {
    env: { LORA_KEY_PASSPHRASE },
  });
  first = created.keyPath;
  const pem = await readFile(first, "utf8");
  expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
  const open = ["pkey", "-in", first, "-pubout", "-passin", "env:LORA_KEY_PASSPHRASE"];
  const publicPem = execFileSync("openssl", open, { env: { ...process.env, LORA_KEY_PASSPHRASE } });

  const args = ["key", "export", "@demo"];
  expect((await sandbox.json(args)).error).toMatchObject({
    code: "KEY_LOCKED",
    message: expect.stringContaining(`${first} is locked with a passphrase`),
    hint: "set LORA_KEY_PASSPHRASE",
  });
  expect((await sandbox.json(args, { env: { LORA_KEY_PASSPHRASE: "another" } })).error).toMatchObject({
    code: "KEY_LOCKED",
    message: `the passphrase does not open ${first}`,
  });
  const exported = await sandbox.lora(args, { env: { LORA_KEY_PASSPHRASE } });
  expect(exported).toMatchObject({ exitCode: 0, stdout: String(publicPem) });
  expect((await sandbox.lora([...args, "--private"])).stdout).toBe(pem);
});

it("a release is signed with the passphrase, and with none other", async () => {
  await expect(publishBundle(sandbox, "@demo/all", { "@demo/upper": "^1.0.0" })).rejects.toThrow(
    "is locked with a passphrase",
  );
  const unlocked = { ...sandbox, lora: withPassphrase(PASSPHRASE) };
  const mistaken = { ...sandbox, lora: withPassphrase("another") };
  await expect(publishBundle(mistaken, "@demo/all", { "@demo/upper": "^1.0.0" })).rejects.toThrow(
    "the passphrase does not open",
  );
  await publishBundle(unlocked, "@demo/all", { "@demo/upper": "^1.0.0" });
});

it("on a terminal it is asked for, and not shown", async () => {
  const made = await loraOnTerminal(
    sandbox,
    ["key", "add", "@demo", "--passphrase"],
    [
      [`passphrase of ${first}: `, PASSPHRASE],
      ["new passphrase: ", "battery staple"],
      ["the same again: ", "battery staple"],
    ],
  );
  expect(made.screen).toContain("Added key");
  expect(made.exitCode).toBe(0);
  expect(made.screen).not.toMatch(/horse|staple/);
  expect(await readdir(keys)).toHaveLength(2);

  const differ = await loraOnTerminal(
    sandbox,
    ["key", "add", "@demo", "--passphrase"],
    [
      [`passphrase of `, PASSPHRASE],
      ["new passphrase: ", "one"],
      ["the same again: ", "another"],
    ],
  );
  expect(differ.exitCode).not.toBe(0);
  expect(await readdir(keys)).toHaveLength(2);
});

it("Ctrl-C at the question ends it", async () => {
  const stopped = await loraOnTerminal(
    sandbox,
    ["key", "export", "@demo", first.slice(-68, -4)],
    [["passphrase of", "\u0003"]],
  );
  expect(stopped.screen).toContain("no passphrase was given");
  expect(stopped.exitCode).toBe(77);
});

it("a locked key in LORA_SIGNING_KEY takes the passphrase too, and one that is no key says so", async () => {
  const env = { LORA_SIGNING_KEY: await readFile(first, "utf8"), LORA_KEY_PASSPHRASE };
  await rm(keys, { recursive: true });
  expect((await sandbox.json(["key", "add", "@demo"], { env })).keyId).toEqual(expect.any(String));
  const spoilt = env.LORA_SIGNING_KEY.replace(/[A-Za-z0-9+/]{20}/, "A".repeat(20));
  const { error } = await sandbox.json(["key", "add", "@demo"], {
    env: { ...env, LORA_SIGNING_KEY: spoilt },
  });
  expect(error.code).toBe("KEY_LOCKED");
  const [name] = await readdir(keys);
  await writeFile(join(keys, name ?? ""), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
  const { error: cut } = await sandbox.json(["key", "export", "@demo"], { env: { LORA_KEY_PASSPHRASE } });
  expect(cut.code).toBe("KEY_LOCKED");
});

function withPassphrase(passphrase: string): Sandbox["lora"] {
  return (args, options) =>
    sandbox.lora(args, { ...options, env: { ...options?.env, LORA_KEY_PASSPHRASE: passphrase } });
}
