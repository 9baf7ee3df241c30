// SPDX-License-Identifier: Apache-2.0
/** `lora publish` of a big file to a registry with a real S3, which clients reach over a line that is cut and spoilt. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mustRun } from "../support/publishing.ts";
import { type RegistryProcess, startRegistryProcess } from "../support/registry-process.ts";
import { removeBucket } from "../support/s3-bucket.ts";
import { type S3Front, startS3Front } from "../support/s3-front.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";
import { createOwnServices, type OwnServices } from "../support/service-databases.ts";
import { serviceUrl } from "../support/services.ts";
import { hasServices } from "../support/shared-services.ts";
import { wideAdapter, writeWideBase } from "../support/wide-tiny-say.ts";

/** An adapter has four such parts, and a shorter one. */
const PART_BYTES = 16 * 1024 * 1024;

let services: OwnServices;
let front: S3Front;
let registry: RegistryProcess;
let sandbox: Sandbox;
let dataDirectory: string;

const numbersWith = (status: number) =>
  front.puts.filter((put) => put.status === status).map(({ number }) => number);

/** @returns the adapter's sha256 */
async function writePackage(name: string, adapter = wideAdapter()): Promise<string> {
  const directory = sandbox.path("packages", name);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "wide.gguf"), adapter);
  const adapters = [{ file: "wide.gguf", base: { name: "wide" } }];
  const manifest = { name: `@demo/${name}`, version: "1.0.0", adapters };
  await writeFile(join(directory, "lora.json"), JSON.stringify(manifest));
  return createHash("sha256").update(adapter).digest("hex");
}

const publishArgs = (name: string) => ["publish", join("packages", name), "--base", "wide=wide-base.gguf"];

/** Keys of the bucket that name the blob. */
async function tracesOf(sha256: string): Promise<string[]> {
  const require = createRequire(new URL("../../packages/registry/package.json", import.meta.url));
  const { S3Client, ListObjectsV2Command } = require("@aws-sdk/client-s3");
  const client = new S3Client({ endpoint: serviceUrl("S3_ENDPOINT"), forcePathStyle: true });
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: services.env.S3_BUCKET }));
  return Contents.map(({ Key }: { Key: string }) => Key).filter((key: string) => key.includes(sha256));
}

describe.skipIf(!hasServices())("a big file", () => {
  beforeAll(async () => {
    const s3 = serviceUrl("S3_ENDPOINT") ?? "";
    services = await createOwnServices({ postgres: serviceUrl("DATABASE_URL") ?? "", s3 });
    front = await startS3Front(s3);
    dataDirectory = await mkdtemp(join(tmpdir(), "lora-big-"));
    const env = { ...services.env, S3_PUBLIC_ENDPOINT: front.url };
    registry = await startRegistryProcess({ dataDirectory, env });
    sandbox = await createSandbox({ LORA_REGISTRY: registry.url });
    await mustRun(sandbox, ["login", "--token", registry.token]);
    await mustRun(sandbox, ["scope", "create", "@demo"]);
    await writeWideBase(sandbox.path("wide-base.gguf"));
  }, 60_000);
  beforeEach(() => {
    front.puts = [];
    front.wholes = 0;
    front.decide = () => "pass";
    front.onAnswer = () => {};
  });
  afterAll(async () => {
    await registry?.end("SIGTERM");
    await front?.[Symbol.asyncDispose]();
    await sandbox?.[Symbol.asyncDispose]();
    await services?.close();
    if (services !== undefined) await removeBucket(services.env.S3_BUCKET ?? "");
    if (dataDirectory !== undefined) await rm(dataDirectory, { recursive: true, force: true });
  });

  it("whose publish is killed half-way is gone on with by the next, with new URLs where they expire, and no part is sent twice", async () => {
    const adapter = wideAdapter();
    const sha256 = await writePackage("killed", adapter);
    // The other parts are on their way for ever.
    front.decide = (number) => (number <= 2 ? "pass" : new Promise(() => {}));
    const outcome = await sandbox.lora(publishArgs("killed"), {
      onSpawn: (child) => {
        front.onAnswer = () => {
          if (numbersWith(200).length === 2) child.kill("SIGKILL");
        };
      },
    });
    expect(outcome.exitCode).toBeNull();
    expect(numbersWith(200).sort()).toEqual([1, 2]);

    front.puts = [];
    front.decide = (number) => (number === 4 && numbersWith(403).length === 0 ? "expired" : "pass");
    const { uploadedBytes } = await sandbox.json(publishArgs("killed"));
    expect([numbersWith(200).sort(), numbersWith(403)]).toEqual([[3, 4, 5], [4]]);
    expect(uploadedBytes).toBe(adapter.length - 2 * PART_BYTES);
    expect(await tracesOf(sha256)).toEqual([`sha256/${sha256}`]);
  }, 60_000);

  it("with a part that was spoilt on the way is refused, is nowhere, and is published by the next try", async () => {
    const sha256 = await writePackage("spoilt");
    front.decide = (number) => (number === 3 ? "spoil" : "pass");
    const { exitCode, stderr } = await sandbox.lora(publishArgs("spoilt"));
    expect([exitCode, stderr]).toEqual([
      65,
      expect.stringContaining(`what was uploaded as ${sha256} has another sha256`),
    ]);
    expect(stderr).toContain("hint: publish again");
    expect(await tracesOf(sha256)).toEqual([]);
    expect((await fetch(`${registry.url}/index/@demo/spoilt.json`)).status).toBe(404);
    front.decide = () => "pass";
    await mustRun(sandbox, publishArgs("spoilt"));
  }, 60_000);

  it("that two clients bring at once is there for both", async () => {
    const adapter = wideAdapter();
    const sha256 = await writePackage("first", adapter);
    await writePackage("second", adapter);
    await Promise.all(["first", "second"].map((name) => mustRun(sandbox, publishArgs(name))));
    expect(await tracesOf(sha256)).toEqual([`sha256/${sha256}`]);
    for (const name of ["first", "second"])
      expect((await fetch(`${registry.url}/index/@demo/${name}.json`)).status).toBe(200);
  }, 60_000);

  it("goes through the registry where the operator says so", async () => {
    await registry.end("SIGTERM");
    const port = Number(new URL(registry.url).port);
    const env = { ...services.env, S3_PUBLIC_ENDPOINT: front.url, LORA_PROXY_BLOBS: "1" };
    registry = await startRegistryProcess({ dataDirectory, env, port });
    await writePackage("proxied");
    await mustRun(sandbox, publishArgs("proxied"));
    expect([front.puts, front.wholes]).toEqual([[], 0]);
  }, 60_000);
});
