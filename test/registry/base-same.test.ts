// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustRun } from "../support/publishing.ts";
import { startRegistryProcess } from "../support/registry-process.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";
import { basePath } from "../support/tiny-say.ts";

const BIN = fileURLToPath(new URL("../../packages/registry/bin/lora-registry.js", import.meta.url));
const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/hugging-face-bases/${name}`, import.meta.url));

let data: string;
let sandbox: Sandbox;
let prints: string[];
let port: number;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "lora-base-same-"));
  const registry = await startRegistryProcess({ dataDirectory: data });
  port = Number(new URL(registry.url).port);
  sandbox = await createSandbox({ LORA_REGISTRY: registry.url });
  await mustRun(sandbox, ["login", "--token", registry.token]);
  prints = [];
  for (const base of [fixture("gemma2"), fixture("gemma2-fp16"), basePath("v1", "q8_0")])
    prints.push((await sandbox.json(["base", "add", base])).fingerprint);
  await registry.end("SIGTERM");
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await rm(data, { recursive: true });
});

function baseSame(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? "" };
    execFile(
      process.execPath,
      [BIN, "base-same", ...args, "--data", data],
      { env },
      (error, stdout, stderr) => resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe("lora-registry base-same", () => {
  it("declares what the norms allow, once, and lora base info says so", async () => {
    const [gemma = "", fp16 = ""] = prints;
    const declared = await baseSame(fp16, gemma);
    expect(declared).toMatchObject({ status: 0, stderr: "" });
    expect(declared.stdout).toMatch(
      /^lfp1:\w{64} and lfp1:\w{64} are the same base, by entry 0 of the log; .*rounded to F16: 19 of 144 numbers differ, by 0\.00049 at most\.\n$/,
    );
    expect((await baseSame(gemma, fp16)).stdout).toContain("They were declared the same before");

    const registry = await startRegistryProcess({ dataDirectory: data, port });
    try {
      const { stdout } = await sandbox.lora(["base", "info", gemma]);
      expect(stdout).toContain(
        `The registry says that ${fp16} is the same base, saved in another precision.`,
      );
      expect((await sandbox.json(["base", "info", fp16])).same).toEqual([gemma]);
    } finally {
      await registry.end("SIGTERM");
    }
  });

  it("refuses what differs, what it does not know, and what is no fingerprint", async () => {
    const [gemma = "", , tiny = ""] = prints;
    const differ = await baseSame(gemma, tiny);
    expect([differ.status, differ.stderr]).toEqual([65, expect.stringContaining("are not the same base")]);
    const unknown = await baseSame(gemma, `lfp1:${"0".repeat(64)}`);
    expect([unknown.status, unknown.stderr]).toEqual([65, expect.stringContaining("no record of")]);
    expect((await baseSame(gemma, "gemma2")).status).toBe(64);
    expect((await baseSame(gemma, gemma)).status).toBe(64);
  });
});
