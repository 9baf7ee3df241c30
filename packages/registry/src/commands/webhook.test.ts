// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseCommandLine } from "../command-line.ts";
import { runUser } from "./user.ts";
import { runWebhook } from "./webhook.ts";

it.each([
  ["nothing to do", []],
  ["what it does not know", ["forget", "1"]],
  ["two addresses", ["add", "https://a.example", "https://b.example"]],
  ["an event that is none", ["add", "https://a.example", "--event", "deprecate"]],
  ["an event for a list", ["ls", "--event", "yank"]],
  ["a number that is none", ["rm", "first"]],
  ["two places", ["ls", "--registry", "https://a.example", "--data", "d"]],
  ["a registry that is none", ["ls", "--registry", "a.example"]],
])("webhook refuses %s", (_what, args) => {
  expect(() => parseCommandLine(["webhook", ...args], { LORA_TOKEN: "x" })).toThrow(
    expect.objectContaining({ code: "USAGE" }),
  );
});

it("webhook refuses a private address before it opens anything", async () => {
  const command = parseCommandLine(["webhook", "add", "https://127.0.0.1/", "--data", "/nowhere"], {});
  if (command.kind !== "webhook") throw new Error(command.kind);
  await expect(runWebhook(command)).rejects.toMatchObject({ code: "USAGE" });
});

it.each([
  ["webhook", "ls"],
  ["user", "ls"],
])("%s %s makes no registry where there is none, and says where it looked", async (...args) => {
  const directory = await mkdtemp(join(tmpdir(), "lora-nothing-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const data = join(directory, "data");
  const command = parseCommandLine([...args, "--data", data], {});
  if (command.kind !== "webhook" && command.kind !== "user") throw new Error(command.kind);
  const run = command.kind === "webhook" ? runWebhook(command) : runUser(command);
  await expect(run).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining(data) });
  expect(await readdir(directory)).toEqual([]);
});

it.each([[{ LORA_MIGRATE: "no" }], [{ LORA_WEBHOOKS_PRIVATE: "yes" }]])("serve refuses %o", (env) => {
  expect(() => parseCommandLine(["serve"], env)).toThrow(expect.objectContaining({ code: "USAGE" }));
});
