// SPDX-License-Identifier: Apache-2.0
/** A scope that lost all its keys: the operator resets them, waits three days, and users must agree. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSigningKey } from "@lora/client/home";
import { parseScopeName } from "@lora/client/names";
import { generateSigningKey } from "@lora/client/signing";
import { expect, it, onTestFinished } from "vitest";
import { runKeyReset } from "../../packages/registry/dist/commands/key-reset.js";
import { createProject, mustRun, publishAbility } from "../support/publishing.ts";
import { startTestRegistry } from "../support/registry.ts";
import { createSandbox } from "../support/sandbox.ts";

const FOUR_DAYS_MS = 4 * 24 * 3600 * 1000;
const demo = parseScopeName("@demo");

it("a key.reset stops an install until lora trust, and audit tells of it", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "lora-reset-"));
  onTestFinished(() => rm(dataDirectory, { recursive: true, force: true }));
  const before = await startTestRegistry({ dataDirectory });
  await using sandbox = await createSandbox({ LORA_REGISTRY: before.url });
  await mustRun(sandbox, ["login", "--token", before.token]);
  await mustRun(sandbox, ["scope", "create", "@demo"]);
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  await createProject(sandbox, "project");
  await mustRun(sandbox, ["install", "@demo/upper"], "project");
  await before.stop();

  const key = await generateSigningKey();
  const file = join(dataDirectory, "new.pem");
  await writeFile(file, key.publicPem);
  const now = () => new Date(Date.now() - FOUR_DAYS_MS);
  expect(
    await runKeyReset({ kind: "key-reset", scope: demo, file, options: { dataDirectory, now } }),
  ).toContain(`lora trust @demo ${key.keyId}`);

  await using after = await startTestRegistry({ dataDirectory, port: Number(new URL(before.url).port) });
  expect(after.url).toBe(before.url);
  await rm(join(sandbox.home, "keys", "@demo"), { recursive: true });
  await writeSigningKey(sandbox.home, demo, key);
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper", version: "1.1.0" });

  const refused = await sandbox.json(["update"], { cwd: "project" });
  expect(refused.error).toMatchObject({ code: "KEY_RESET", details: { resetKeyId: key.keyId } });
  const audit = await sandbox.lora(["audit", "--json"], { cwd: "project" });
  expect(audit.exitCode).toBe(1);
  expect(JSON.parse(audit.stdout).findings).toMatchObject([{ kind: "key-reset" }]);

  await mustRun(sandbox, ["trust", "@demo", key.keyId]);
  expect((await mustRun(sandbox, ["update"], "project")).stdout).toContain("1.0.0 → 1.1.0");
  expect((await sandbox.json(["verify"], { cwd: "project" })).ok).toBe(true);
}, 240_000);
