// SPDX-License-Identifier: Apache-2.0
/** A registry as files: what is exported is installed from, with all checks, and follows what the operator takes down. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createProject, mustRun, publishAbility } from "../support/publishing.ts";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { runRegistryCommand } from "../support/registry-command.ts";
import { makePublicBucket, removeBucket } from "../support/s3-bucket.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";
import { serviceUrl } from "../support/services.ts";

const REASON = "its training data was private";

let dataDirectory: string;
let mirror: string;
let registry: TestRegistry;
let publisher: Sandbox;

const exportTo = (directory: string) => runRegistryCommand(["export", directory, "--data", dataDirectory]);

/** Publishes with the registry running, and gives the data back. */
async function whileServing(work: () => Promise<void>): Promise<void> {
  const port = registry === undefined ? 0 : Number(new URL(registry.url).port);
  const { token = "" } = registry ?? {};
  registry = await startTestRegistry({ dataDirectory, port });
  if (token === "") {
    publisher = await createSandbox({ LORA_REGISTRY: registry.url });
    await mustRun(publisher, ["login", "--token", registry.token]);
    await mustRun(publisher, ["scope", "create", "@demo"]);
  } else registry.token = token;
  await work();
  await registry.stop();
}

async function newUser(url: string): Promise<Sandbox> {
  const sandbox = await createSandbox({ LORA_REGISTRY: url });
  onTestFinished(() => sandbox[Symbol.asyncDispose]());
  await createProject(sandbox, "project");
  return sandbox;
}

async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "lora-mirror-data-"));
  mirror = join(await mkdtemp(join(tmpdir(), "lora mirror-")), "public");
  await whileServing(async () => {
    await publishAbility(publisher, { name: "@demo/upper", ability: "upper" });
    await publishAbility(publisher, { name: "@demo/secret", ability: "rot13" });
    const hidden = await fetch(`${registry.url}/api/v1/packages/@demo/secret/visibility`, {
      method: "PUT",
      headers: { authorization: `Bearer ${registry.token}`, "content-type": "application/json" },
      body: JSON.stringify({ visibility: "private" }),
    });
    expect(hidden.status).toBe(200);
  });
}, 120_000);
afterAll(async () => {
  await publisher[Symbol.asyncDispose]();
  for (const directory of [dataDirectory, join(mirror, "..")]) await rm(directory, { recursive: true });
});

describe("an exported registry", () => {
  it("is installed from over file:// and from a plain web server, and verifies", async () => {
    const { exitCode, stdout, stderr } = await exportTo(mirror);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/ is a mirror of http:.*: \d+ files written, 0 left as they were, 0 removed\.\n/);

    const user = await newUser(pathToFileURL(mirror).href);
    await mustRun(user, ["install", "@demo/upper"], "project");
    expect(await user.json(["verify"], { cwd: "project" })).toMatchObject({ ok: true });
    const missing = await user.json(["install", "@demo/secret"], { cwd: "project" });
    expect(missing.error).toMatchObject({ code: "PACKAGE_NOT_FOUND" });
    const info = await user.json(["info", "@demo/upper"]);
    expect([Object.keys(info.versions), info.downloads]).toEqual([["1.0.0"], undefined]);
    const refused = await user.json(["search", "upper"]);
    expect(refused.error).toMatchObject({ code: "USAGE" });

    const server = createServer((request, response) => {
      const file = createReadStream(join(mirror, decodeURIComponent(request.url ?? "")));
      file.on("error", () => response.writeHead(404).end("no such file"));
      file.pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const other = await newUser(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await mustRun(other, ["install", "@demo/upper"], "project");
    expect(await other.json(["verify"], { cwd: "project" })).toMatchObject({ ok: true });
    expect((await mustRun(other, ["info", "@demo/upper"])).stdout).not.toContain("downloads");
  }, 120_000);

  it("has nothing of a private package but what the log says", async () => {
    const files = await filesOf(mirror);
    expect(files.filter((file) => file.includes("secret"))).toEqual([]);
    const blobs = files.filter((file) => file.includes("/blobs/"));
    for (const blob of blobs) expect(await readFile(blob, "utf8")).not.toContain("@demo/secret");
  });

  it("is left as it is by a second export, and a file that was cut off is made whole", async () => {
    const before = (await filesOf(mirror)).filter((file) => !file.includes(".export.lock"));
    const blob = before.find((file) => file.includes("/blobs/")) as string;
    const whole = await readFile(blob);
    await truncate(blob, 3);
    const { stdout } = await exportTo(mirror);
    // The checkpoint is confirmed anew where that is due.
    expect(stdout).toMatch(/: [12] files written, \d+ left as they were, 0 removed\.\n/);
    expect(await readFile(blob)).toEqual(whole);
    expect((await filesOf(mirror)).filter((file) => !file.includes(".export.lock"))).toEqual(before);
  }, 30_000);

  it.skipIf(serviceUrl("S3_ENDPOINT") === undefined)(
    "goes from its files into a bucket elsewhere, with credentials for that alone",
    async () => {
      const bucket = await makePublicBucket(`lora-mirror-${randomUUID()}`);
      onTestFinished(() => removeBucket(bucket.name));
      const args = ["export", `s3://${bucket.name}`, "--endpoint", serviceUrl("S3_ENDPOINT") ?? ""];
      const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = process.env;
      const nobody = { AWS_EC2_METADATA_DISABLED: "true" };
      expect(await runRegistryCommand([...args, "--data", dataDirectory], nobody)).toMatchObject({
        exitCode: 77,
        stderr: expect.stringContaining("set LORA_MIRROR_ACCESS_KEY_ID"),
      });
      const { exitCode, stderr } = await runRegistryCommand([...args, "--data", dataDirectory], {
        LORA_MIRROR_ACCESS_KEY_ID: AWS_ACCESS_KEY_ID,
        LORA_MIRROR_SECRET_ACCESS_KEY: AWS_SECRET_ACCESS_KEY,
      });
      expect([exitCode, stderr]).toEqual([0, ""]);
      const paths = (await filesOf(mirror)).map((path) => path.slice(mirror.length + 1));
      expect([...(await bucket.list()).keys()].sort()).toEqual(
        paths.filter((path) => path !== ".export.lock").sort(),
      );
      const user = await newUser(bucket.url);
      await mustRun(user, ["install", "@demo/upper"], "project");
    },
    60_000,
  );

  it("whose file was changed is not believed", async () => {
    const user = await newUser(pathToFileURL(mirror).href);
    const path = join(mirror, "versions/@demo/upper/1.0.0/lora.json");
    const before = await readFile(path, "utf8");
    await writeFile(path, before.replace("1.0.0", "1.0.1"));
    const index = join(mirror, "index/@demo/upper.json");
    const text = await readFile(index, "utf8");
    await writeFile(index, text.replace(/"id":"./, '"id":"f'));
    const { error } = await user.json(["install", "@demo/upper"], { cwd: "project" });
    expect(error.code).toMatch(/^(RECEIPT_MISMATCH|MANIFEST_TAMPERED|VERSION_SWAPPED)$/);
    expect(await readdir(user.path("project"))).toEqual(["lora.json", "model.gguf"]);
    await exportTo(mirror);
    expect(await readFile(path, "utf8")).toBe(before);
  }, 60_000);
});

describe("export refuses", () => {
  it.each([
    [
      "a directory with something else in it",
      async (directory: string) => writeFile(join(directory, "a"), ""),
    ],
    [
      "another registry's mirror",
      async (directory: string) => {
        const info = JSON.parse(await readFile(join(mirror, "registry.json"), "utf8"));
        const other = { ...info, origin: "https://other.example" };
        await writeFile(join(directory, "registry.json"), JSON.stringify(other));
      },
    ],
  ])("%s, and leaves it alone", async (_what, prepare) => {
    const directory = await mkdtemp(join(tmpdir(), "lora-mirror-other-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    await prepare(directory);
    const before = await readdir(directory);
    const { exitCode, stderr } = await exportTo(directory);
    expect([exitCode, stderr]).toEqual([
      64,
      expect.stringContaining("name a directory that is new or empty"),
    ]);
    expect(await readdir(directory)).toEqual(before);
  });

  it("a file in the directory's place, and a directory in which nothing was served", async () => {
    const file = join(dataDirectory, "..", `${Date.now()}.file`);
    await writeFile(file, "");
    onTestFinished(() => rm(file));
    expect((await exportTo(file)).exitCode).toBe(74);
    const empty = await mkdtemp(join(tmpdir(), "lora-mirror-empty-"));
    onTestFinished(() => rm(empty, { recursive: true }));
    expect(await runRegistryCommand(["export", join(empty, "m"), "--data", join(empty, "d")])).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining("no registry was ever started on this data"),
    });
  });
});

describe("a takedown", () => {
  it("is told with its reason by the registry, the mirror, a locked and a new install", async () => {
    const locked = await newUser(pathToFileURL(mirror).href);
    await mustRun(locked, ["install", "@demo/upper"], "project");
    const takeDown = (place: string[], env: Record<string, string> = {}) =>
      runRegistryCommand(["takedown", "@demo/upper@1.0.0", "--reason", REASON, ...place], env);
    let first = { exitCode: null as number | null, stdout: "", stderr: "" };
    await whileServing(async () => {
      await publishAbility(publisher, { name: "@demo/upper", ability: "rot13", version: "1.1.0" });
      // The directory is the serving process's: it is told to.
      const locked = await takeDown(["--data", dataDirectory]);
      expect([locked.exitCode, locked.stderr]).toEqual([75, expect.stringMatching(/hint: .*--registry URL/)]);
      const there = ["--registry", registry.url];
      expect(await takeDown(there)).toMatchObject({
        exitCode: 77,
        stderr: expect.stringContaining("LORA_TOKEN"),
      });
      expect(await takeDown(there, { LORA_TOKEN: `lora_${"0".repeat(36)}` })).toMatchObject({
        exitCode: 77,
        stderr: expect.stringContaining("hint: set LORA_TOKEN to an operator's token"),
      });
      first = await takeDown(there, { LORA_TOKEN: registry.token });
      expect((await fetch(`${registry.url}/versions/@demo/upper/1.0.0/lora.json`)).status).toBe(410);
    });
    expect([first.exitCode, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(/^@demo\/upper 1\.0\.0 is taken down, by entry \d+ of the log\.\n$/);
    expect(await takeDown(["--data", dataDirectory])).toEqual(first);

    expect((await exportTo(mirror)).stdout).toMatch(/[1-9]\d* removed\.\n$/);
    expect((await filesOf(mirror)).filter((file) => file.includes("1.0.0"))).toEqual([]);
    await rm(join(locked.home, "store"), { recursive: true });
    expect((await locked.json(["ci"], { cwd: "project" })).error).toMatchObject({
      code: "VERSION_TAKEN_DOWN",
      message: expect.stringContaining(REASON),
    });
    const fresh = await newUser(pathToFileURL(mirror).href);
    expect((await fresh.json(["install", "@demo/upper@1.0.0"], { cwd: "project" })).error).toMatchObject({
      code: "VERSION_NOT_FOUND",
      message: expect.stringContaining(`its registry took 1.0.0 down (${REASON})`),
    });
    expect((await fresh.lora(["info", "@demo/upper@1.0.0"])).stdout).toContain(
      `\n1.0.0  taken down: ${REASON}\n`,
    );
    await mustRun(fresh, ["install", "@demo/upper"], "project");
    expect((await mustRun(locked, ["update"], "project")).stdout).toContain("1.0.0 → 1.1.0");
  }, 240_000);
});
