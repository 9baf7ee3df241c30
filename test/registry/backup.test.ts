// SPDX-License-Identifier: Apache-2.0
/** A registry that is lost and comes back from its backup, as its operator and a user see it. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createProject, mustRun, publishAbility } from "../support/publishing.ts";
import { startTestRegistry } from "../support/registry.ts";
import { runRegistryCommand } from "../support/registry-command.ts";
import { createSandbox } from "../support/sandbox.ts";
import { hasServices, openSharedServices } from "../support/shared-services.ts";

it.each(hasServices() ? ["embedded", "PostgreSQL and S3"] : ["embedded"])(
  "an embedded registry, restored on %s, is the same to who installed from it",
  async (where) => {
    const directory = await mkdtemp(join(tmpdir(), "lora-restore-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const [first, second, backup] = ["first", "second", "backup"].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    const services = where === "embedded" ? undefined : await openSharedServices();
    if (services !== undefined) onTestFinished(services.drop);
    const env = services?.env ?? {};

    const before = await startTestRegistry({ dataDirectory: first });
    await using sandbox = await createSandbox({ LORA_REGISTRY: before.url });
    await mustRun(sandbox, ["login", "--token", before.token]);
    await mustRun(sandbox, ["scope", "create", "@demo"]);
    await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
    await createProject(sandbox, "project");
    await mustRun(sandbox, ["install", "@demo/upper"], "project");
    const running = await runRegistryCommand(["backup", backup, "--data", first]);
    expect(running).toMatchObject({
      exitCode: 75,
      stderr: expect.stringContaining("uses the data directory"),
    });
    await before.stop();

    const made = await runRegistryCommand(["backup", backup, "--data", first]);
    expect([made.exitCode, made.stderr]).toEqual([0, ""]);
    await rm(first, { recursive: true });
    const refused = await runRegistryCommand(["restore", backup, "--data", second], env);
    expect(refused).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("--accept-rollback") });
    const restored = await runRegistryCommand(
      ["restore", backup, "--accept-rollback", "--data", second],
      env,
    );
    expect([restored.exitCode, restored.stderr]).toEqual([0, ""]);
    const twice = await runRegistryCommand(["restore", backup, "--accept-rollback", "--data", second], env);
    expect(twice).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining("there is a registry here already"),
    });

    const port = Number(new URL(before.url).port);
    await using after = await startTestRegistry({ dataDirectory: second, port, env });
    expect(after.url).toBe(before.url);
    await rm(join(sandbox.home, "store"), { recursive: true });
    await mustRun(sandbox, ["ci"], "project");
    await publishAbility(sandbox, { name: "@demo/upper", ability: "rot13", version: "1.1.0" });
    expect((await mustRun(sandbox, ["update"], "project")).stdout).toContain("1.0.0 → 1.1.0");
    expect(await sandbox.json(["verify"], { cwd: "project" })).toMatchObject({ ok: true });
    if (services === undefined) return;
    const again = await runRegistryCommand(["backup", join(directory, "again")], env);
    expect([again.exitCode, again.stderr]).toEqual([0, ""]);
    const third = ["--data", join(directory, "third")];
    const back = await runRegistryCommand([
      "restore",
      join(directory, "again"),
      "--accept-rollback",
      ...third,
    ]);
    expect([back.exitCode, back.stderr]).toEqual([0, ""]);
  },
  180_000,
);

it("a backup of which the disk is full, or the place is a file, or of nothing, says so and is no backup", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lora-backup-refused-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const data = join(directory, "data");
  const nothing = await runRegistryCommand(["backup", join(directory, "b"), "--data", data]);
  expect(nothing).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("no registry was ever started"),
  });
  expect(await readdir(directory)).toEqual([]);
  const registry = await startTestRegistry({ dataDirectory: data });
  await registry.stop();
  const full = await runRegistryCommand(["backup", "/dev/full", "--data", data]);
  expect(full.exitCode).toBe(74);
  expect(
    await runRegistryCommand(["restore", join(directory, "none"), "--data", join(directory, "x")]),
  ).toMatchObject({
    exitCode: 66,
    stderr: expect.stringContaining("backup.json"),
  });
}, 60_000);
