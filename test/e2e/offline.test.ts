// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../support/publishing.ts";
import { snapshot } from "../support/sandbox.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
/** Stands where the registry was and counts who knocks. */
const listener = createServer((socket) => {
  knocks += 1;
  socket.destroy();
});
let knocks = 0;
let address = "";

beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox, registry } = workplace;
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  await publishAbility(sandbox, { name: "@demo/shout", ability: "shout" });
  await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1", "@demo/shout": "^1" });
  for (const project of ["first", "second"]) await createProject(sandbox, project);
  await mustRun(sandbox, ["install", "@demo/loud"], "first");
  await registry.stop();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
});
afterAll(async () => {
  listener.close();
  await workplace[Symbol.asyncDispose]();
});

it("a locked and cached install opens no connection and changes no file", async () => {
  const { sandbox } = workplace;
  const before = await snapshot(sandbox.path("first"));
  for (const args of [["install"], ["install", "@demo/loud"]]) {
    const outcome = await sandbox.lora(args, { cwd: "first", env: { LORA_REGISTRY: address } });
    expect(outcome).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining("Already up to date: 3 abilities"),
      stderr: "",
    });
  }
  expect(await snapshot(sandbox.path("first"))).toEqual(before);
  expect(knocks).toBe(0);
});

it("puts .lora/ back from the store, with the registry gone", async () => {
  const { sandbox } = workplace;
  const before = await readdir(sandbox.path("first", ".lora", "adapters"));
  await rm(sandbox.path("first", ".lora"), { recursive: true });
  const outcome = await sandbox.lora(["install"], { cwd: "first", env: { LORA_REGISTRY: address } });
  expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await readdir(sandbox.path("first", ".lora", "adapters"))).toEqual(before);
  const { stdout } = await sandbox.lora(["run", "say: hello\n", "--stop", "\n"], { cwd: "first" });
  expect(stdout).toBe("HELLO!!!\n");
  expect(knocks).toBe(0);
});

it("says that the registry does not answer where it is needed, and leaves the project as it was", async () => {
  const { sandbox, registry } = workplace;
  const before = await snapshot(sandbox.path("second"));
  const { exitCode, stderr } = await sandbox.lora(["install", "@demo/loud"], { cwd: "second" });
  expect(exitCode).toBe(69);
  expect(stderr).toContain(`error: the registry ${registry.url} does not answer: ECONNREFUSED\n\nhint: `);
  expect(await snapshot(sandbox.path("second"))).toEqual(before);
});
