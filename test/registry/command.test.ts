// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateToken } from "../../packages/registry/dist/auth/index.js";
import { startTestRegistry } from "../support/registry.ts";

const BIN = fileURLToPath(new URL("../../packages/registry/bin/lora-registry.js", import.meta.url));
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-registry-command-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  await once(child, "close");
  return { exitCode: child.exitCode, stdout, stderr };
}

describe("lora-registry", () => {
  it("--help lists every option and variable", async () => {
    const { exitCode, stdout, stderr } = await run(["--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const word of [
      "--host",
      "--port",
      "--data",
      "--origin",
      "--log-level",
      "DATABASE_URL",
      "S3_BUCKET",
    ]) {
      expect(stdout).toContain(word);
    }
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(115);
  });

  it("--version is one line", async () => {
    expect(await run(["--version"])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it.each([
    ["no command", [], {}, "no command was given"],
    ["a command that is none", ["start"], {}, 'there is no command "start"'],
    ["an option that is none", ["serve", "--prot", "1"], {}, "Unknown option '--prot'"],
    ["a port that is none", ["serve", "--port", "http"], {}, "--port is a number from 0 to 65535"],
    ["a port too high", ["serve", "--port", "65536"], {}, "--port is a number from 0 to 65535"],
    ["a level that is none", ["serve", "--log-level", "loud"], {}, "--log-level is one of debug"],
    [
      "S3 without a bucket",
      ["serve"],
      { S3_ENDPOINT: "http://127.0.0.1:1" },
      "S3_ENDPOINT is set and S3_BUCKET is not",
    ],
    [
      "every address and no name for itself",
      ["serve", "--host", "0.0.0.0", "--port", "0"],
      {},
      "with --host 0.0.0.0 the registry cannot guess what clients call it",
    ],
    [
      "an origin that is none",
      ["serve", "--port", "0", "--origin", "https://x.test/"],
      {},
      '"https://x.test/" is not an origin',
    ],
    [
      "an address of another machine",
      ["serve", "--host", "192.0.2.1", "--port", "0"],
      {},
      "192.0.2.1 is no address of this machine",
    ],
    [
      "an admin token that is none",
      ["serve", "--port", "0"],
      { LORA_REGISTRY_ADMIN_TOKEN: "secret" },
      "LORA_REGISTRY_ADMIN_TOKEN is not a token",
    ],
  ])("refuses %s", async (_what, args, env, message) => {
    const { exitCode, stdout, stderr } = await run(["--log-level=silent", ...args], env);
    expect([exitCode, stdout]).toEqual([64, ""]);
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toMatch(/\n\nhint: .+\n$/);
    expect(stderr).not.toContain("    at ");
  });

  it("says which address is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const outcome = await run(["serve", "--port", String(port)]);
    server.close();
    expect(outcome).toEqual({
      exitCode: 64,
      stdout: "",
      stderr: `error: something else listens at http://127.0.0.1:${port} already (USAGE)\n\nhint: choose another port with --port\n`,
    });
  });

  it("says that a database cannot be reached, and not how it was called", async () => {
    const outcome = await run(["serve", "--port", "0"], {
      DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/x",
    });
    expect(outcome).toEqual({
      exitCode: 75,
      stdout: "",
      stderr: "error: the database of DATABASE_URL cannot be reached (SERVICE_UNAVAILABLE)\n",
    });
  });
});

describe("the origin", () => {
  it("is settled by the first start", async () => {
    const data = join(directory, "origin");
    const first = await startTestRegistry({ dataDirectory: data, args: ["--origin", "https://lora.test"] });
    const firstLogKey = fetch(`${first.url}/registry.json`).then(
      async (r) => ((await r.json()) as { logKey: string }).logKey,
    );
    expect(await firstLogKey).toMatch(/^lora\.test\/log\+[0-9a-f]{8}\+/);
    expect(first.output().stdout).toContain("It calls itself https://lora.test\n");
    expect(await first.stop()).toBe(0);

    const next = await startTestRegistry({ dataDirectory: data });
    expect(await (await fetch(`${next.url}/registry.json`)).json()).toEqual({
      v: 1,
      origin: "https://lora.test",
      logKey: await firstLogKey,
      clockKey: expect.stringMatching(/^lora\.test\/clock\+/),
    });
    expect(await next.stop()).toBe(0);

    const other = await run(["serve", "--port", "0", "--data", data, "--origin", "https://other.test"]);
    expect(other.exitCode).toBe(64);
    expect(other.stderr).toContain("this registry calls itself https://lora.test, not https://other.test");
  });
});

describe("a start", () => {
  it("shows a token the first time, and says what a power cut does", async () => {
    const data = join(directory, "first");
    const first = await startTestRegistry({ dataDirectory: data });
    expect(first.output().stdout).toBe(
      [
        `lora-registry 0.1.0 listens at ${first.url}`,
        `Everything is kept in ${data}`,
        "The embedded database writes without fsync: it survives a crash of the process, not a power cut. Back it up, or set DATABASE_URL.",
        "",
        `Admin token, shown this once: ${first.token}`,
        `  LORA_REGISTRY=${first.url} lora login --token ${first.token}`,
        "",
      ].join("\n"),
    );
    expect(first.output().stderr).not.toContain(first.token);
    await first.stop();
    const next = await startTestRegistry({ dataDirectory: data });
    expect(next.output().stdout).not.toContain("lora_");
    await next.stop();
  });

  it("takes the operator's own token, and shows it to nobody", async () => {
    const token = generateToken();
    const registry = await startTestRegistry({
      dataDirectory: join(directory, "first"),
      env: { LORA_REGISTRY_ADMIN_TOKEN: token },
    });
    expect(registry.token).toBe("");
    const answer = await fetch(`${registry.url}/api/v1/whoami`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
    await registry.stop();
  });
});
