// SPDX-License-Identifier: Apache-2.0
/** `lora-registry key-reset` as an operator runs it: as a process, between two runs of the registry. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSigningKey } from "@lora/client/home";
import { parseScopeName } from "@lora/client/names";
import { generateSigningKey } from "@lora/client/signing";
import { expect, it, onTestFinished } from "vitest";
import { mustRun, publishBundle } from "../support/publishing.ts";
import { startTestRegistry } from "../support/registry.ts";
import { createSandbox } from "../support/sandbox.ts";

const BIN = fileURLToPath(new URL("../../packages/registry/bin/lora-registry.js", import.meta.url));
const HOUR_MS = 3600 * 1000;
const demo = parseScopeName("@demo");

it("gives a scope a new key that may sign in three days, and that the old one can revoke", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "lora-key-reset-"));
  onTestFinished(() => rm(dataDirectory, { recursive: true, force: true }));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:DATABASE_URL|S3_|LORA_)/.test(name));
  const keyReset = (...args: string[]) =>
    spawnSync(process.execPath, [BIN, "key-reset", ...args, "--data", dataDirectory], {
      encoding: "utf8",
      env: Object.fromEntries(inherited),
    });

  const before = await startTestRegistry({ dataDirectory });
  await using sandbox = await createSandbox({ LORA_REGISTRY: before.url });
  await mustRun(sandbox, ["login", "--token", before.token]);
  await mustRun(sandbox, ["scope", "create", "@demo"]);
  const key = await generateSigningKey();
  const file = sandbox.path("new.pem");
  await writeFile(file, key.publicPem);
  // The embedded database is one process's.
  expect(keyReset("@demo", file)).toMatchObject({ status: expect.toSatisfy((status) => status > 0) });
  await before.stop();

  expect(keyReset("@demo")).toMatchObject({ status: 64, stderr: expect.stringContaining("@scope key.pem") });
  expect(keyReset("@demo", sandbox.path("none.pem"))).toMatchObject({ status: 66, stdout: "" });
  expect(keyReset("@nobody", file)).toMatchObject({
    status: 66,
    stderr: expect.stringContaining("there is no scope @nobody"),
  });
  await writeFile(sandbox.path("private.pem"), key.privatePem);
  expect(keyReset("@demo", sandbox.path("private.pem"))).toMatchObject({
    status: 65,
    stderr: expect.stringContaining("KEY_INVALID"),
  });

  const told = keyReset("@demo", file);
  expect(told).toMatchObject({ status: 0, stderr: "" });
  expect(told.stdout).toContain(`@demo has the new key ${key.keyId}, by entry `);
  expect(told.stdout).toContain(`lora trust @demo ${key.keyId}`);
  const from = Date.parse(/may sign from (\S+) on/.exec(told.stdout)?.[1] ?? "");
  expect((from - Date.now()) / HOUR_MS).toSatisfy((hours: number) => hours > 72.9 && hours <= 73);
  expect(keyReset("@demo", file).stderr).toContain("already");

  await using after = await startTestRegistry({ dataDirectory, port: Number(new URL(before.url).port) });
  expect(after.url).toBe(before.url);
  const { keys } = await sandbox.json(["key", "ls", "@demo"]);
  expect(keys).toMatchObject([
    { state: "valid" },
    { keyId: key.keyId, state: expect.stringContaining("by reset, valid from") },
  ]);
  const laptop = await createSandbox({ LORA_REGISTRY: before.url, LORA_SIGNING_KEY: key.privatePem });
  onTestFinished(() => laptop[Symbol.asyncDispose]());
  await mustRun(laptop, ["login", "--token", before.token]);
  await expect(publishBundle(laptop, "@demo/all", { "@demo/upper": "^1.0.0" })).rejects.toThrow("may sign");

  await mustRun(sandbox, ["key", "revoke", "@demo", key.keyId]);
  await writeSigningKey(laptop.home, demo, key);
  await expect(publishBundle(laptop, "@demo/all", { "@demo/upper": "^1.0.0" })).rejects.toThrow("revoked");
  await publishBundle(sandbox, "@demo/all", { "@demo/upper": "^1.0.0" });
}, 120_000);
