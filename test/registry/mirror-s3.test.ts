// SPDX-License-Identifier: Apache-2.0
/** A registry's mirror in a bucket of a real S3, which everybody may read: what is exported is installed from. */
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createProject, mustRun, publishAbility } from "../support/publishing.ts";
import { runRegistryCommand } from "../support/registry-command.ts";
import { type RegistryProcess, startRegistryProcess } from "../support/registry-process.ts";
import { makePublicBucket, type PublicBucket, removeBucket } from "../support/s3-bucket.ts";
import { type S3Front, startS3Front } from "../support/s3-front.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";
import { createOwnServices, type OwnServices } from "../support/service-databases.ts";
import { serviceUrl } from "../support/services.ts";
import { hasServices } from "../support/shared-services.ts";

const PREFIX = "mirrors/main";

let services: OwnServices;
let registry: RegistryProcess;
let publisher: Sandbox;
let user: Sandbox;
let bucket: PublicBucket;
let front: S3Front;
let dataDirectory: string;

const exportTo = (target: string, more: string[] = []) =>
  runRegistryCommand(["export", target, ...more], services.env);
const target = () => `s3://${bucket.name}/${PREFIX}`;
/** Streams every blob: another endpoint is another server. */
const exportThroughFront = (onSpawn?: Parameters<typeof runRegistryCommand>[2]) =>
  runRegistryCommand(["export", target(), "--endpoint", front.url], services.env, onSpawn);
const publish = (version: string, ability: "upper" | "rot13" = "upper") =>
  publishAbility(publisher, { name: "@demo/upper", ability, version });

let projects = 0;
/** By a user who has seen the mirror before. @returns the version that was installed, with all checks */
async function installed(): Promise<string> {
  const project = `project-${projects++}`;
  await cp(user.path("template"), user.path(project), { recursive: true });
  const { packages, error } = await user.json(["install", "@demo/upper"], { cwd: project });
  return packages?.["@demo/upper"].version ?? JSON.stringify(error);
}

/** Keys that differ, or are in one only, without the prefix. */
async function changedBy(work: () => Promise<unknown>): Promise<string[]> {
  const before = await bucket.list();
  await work();
  const after = await bucket.list();
  const keys = new Set([...before.keys(), ...after.keys()]);
  const isChanged = (key: string) =>
    before.get(key)?.etag !== after.get(key)?.etag || before.get(key)?.modified !== after.get(key)?.modified;
  return [...keys].filter(isChanged).map((key) => key.slice(PREFIX.length + 1));
}

describe.skipIf(!hasServices())("a mirror in a bucket", () => {
  beforeAll(async () => {
    const s3 = serviceUrl("S3_ENDPOINT") ?? "";
    services = await createOwnServices({ postgres: serviceUrl("DATABASE_URL") ?? "", s3 });
    front = await startS3Front(s3);
    bucket = await makePublicBucket(`lora-mirror-${randomUUID()}`);
    dataDirectory = await mkdtemp(join(tmpdir(), "lora-mirror-s3-"));
    registry = await startRegistryProcess({ dataDirectory, env: services.env });
    publisher = await createSandbox({ LORA_REGISTRY: registry.url });
    await mustRun(publisher, ["login", "--token", registry.token]);
    await mustRun(publisher, ["scope", "create", "@demo"]);
    await publish("1.0.0");
    user = await createSandbox({ LORA_REGISTRY: `${bucket.url}/${PREFIX}` });
    await createProject(user, "template");
  }, 60_000);
  beforeEach(() => {
    front.beforeWrite = () => {};
  });
  afterAll(async () => {
    await registry?.end("SIGTERM");
    await front?.[Symbol.asyncDispose]();
    await publisher?.[Symbol.asyncDispose]();
    await user?.[Symbol.asyncDispose]();
    await services?.close();
    if (services !== undefined) await removeBucket(services.env.S3_BUCKET ?? "");
    if (bucket !== undefined) await removeBucket(bucket.name);
    if (dataDirectory !== undefined) await rm(dataDirectory, { recursive: true, force: true });
  });

  it("is installed from, while the registry goes on serving", async () => {
    const { exitCode, stdout, stderr } = await exportTo(target());
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^s3:\S+ is a mirror of http:\S+: \d+ files written, 0 left as they were, 0 removed\.\n/,
    );
    expect(await installed()).toBe("1.0.0");
    expect(await user.json(["verify"], { cwd: "project-0" })).toMatchObject({ ok: true });
  }, 60_000);

  it("says of each file what it is and how long to keep it, as the registry does", async () => {
    const keys = [...(await bucket.list()).keys()].map((key) => key.slice(PREFIX.length));
    expect(keys.filter((key) => key.startsWith("/log/tile/"))).not.toEqual([]);
    for (const key of keys) {
      const [ours, theirs] = await Promise.all([
        fetch(`${bucket.url}/${PREFIX}${key}`),
        fetch(registry.url + key),
      ]);
      const said = ({ headers }: Response) => [headers.get("content-type"), headers.get("cache-control")];
      expect([key, ...said(ours)]).toEqual([
        key,
        ...(key.startsWith("/blobs/") ? blobHeaders : said(theirs)),
      ]);
    }
  }, 30_000);
  const blobHeaders = ["application/octet-stream", "public, max-age=31536000, immutable, no-transform"];

  it("is brought up to date by what has changed, and nothing else", async () => {
    // The checkpoint is confirmed anew where that is due.
    const untouched = (keys: string[]) => keys.filter((key) => key !== "log/checkpoint");
    expect(untouched(await changedBy(() => exportTo(target())))).toEqual([]);
    await publish("1.1.0", "rot13");
    const changed = await changedBy(() => exportTo(target()));
    expect(changed.filter((key) => !/^(log|blobs)\//.test(key)).sort()).toEqual([
      "index/@demo/upper.json",
      "versions/@demo/upper/1.1.0/lora.json",
      "versions/@demo/upper/1.1.0/receipt",
      "versions/@demo/upper/1.1.0/signature.json",
    ]);
    expect(changed).toContain("log/checkpoint");
    expect(await installed()).toBe("1.1.0");
  }, 60_000);

  it("is the old one or the new one, wherever an export is killed, and is finished by the next", async () => {
    await publish("1.2.0");
    const seen: [string, string][] = [];
    for (const place of ["/blobs/", "/versions/", "/log/tile/", "/index/", "/log/checkpoint"]) {
      const { exitCode } = await exportThroughFront((child) => {
        front.beforeWrite = (path) => {
          if (!path.includes(place)) return;
          child.kill("SIGKILL");
          return new Promise(() => {});
        };
      });
      expect(exitCode).toBeNull();
      seen.push([place, await installed()]);
    }
    expect(seen).toEqual([
      ["/blobs/", "1.1.0"],
      ["/versions/", "1.1.0"],
      ["/log/tile/", "1.1.0"],
      ["/index/", "1.1.0"],
      // The checkpoint is the old one: receipts prove the rest.
      ["/log/checkpoint", "1.2.0"],
    ]);
    front.beforeWrite = () => {};
    expect((await exportThroughFront()).exitCode).toBe(0);
    expect(await installed()).toBe("1.2.0");
  }, 120_000);

  it("is not set back by an export that began before another", async () => {
    await publish("1.3.0", "rot13");
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const isHeld = new Promise<void>((resolve) => {
      front.beforeWrite = (path) => {
        if (!path.endsWith("/index/@demo/upper.json")) return;
        resolve();
        return held;
      };
    });
    const early = exportThroughFront();
    await isHeld;
    await publish("1.4.0");
    expect((await exportTo(target())).exitCode).toBe(0);
    goOn();
    const { exitCode, stderr } = await early;
    expect([exitCode, stderr]).toEqual([
      75,
      expect.stringContaining("another export has just written to s3://"),
    ]);
    expect(await installed()).toBe("1.4.0");
  }, 60_000);

  it("has nothing any more of what was taken down", async () => {
    const takedown = ["takedown", "@demo/upper@1.0.0", "--reason", "its training data was private"];
    expect((await runRegistryCommand(takedown, services.env)).exitCode).toBe(0);
    expect((await exportTo(target())).stdout).toMatch(/[1-9]\d* removed\.\n$/);
    expect([...(await bucket.list()).keys()].filter((key) => key.includes("1.0.0"))).toEqual([]);
    const { error } = await user.json(["install", "@demo/upper@1.0.0"], { cwd: "project-0" });
    expect(error).toMatchObject({
      code: "VERSION_NOT_FOUND",
      message: expect.stringContaining("took 1.0.0 down"),
    });
  }, 60_000);

  it("is written to no place that holds something else", async () => {
    const own = services.env.S3_BUCKET;
    await bucket.put("mixed/notes.txt", "mine");
    await bucket.put("other/registry.json", JSON.stringify({ v: 1, origin: "https://other.example" }));
    const refusals: [string, number, string][] = [
      [`s3://${bucket.name}/mixed`, 64, "is not empty, and no mirror"],
      [`s3://${bucket.name}/other`, 64, "is a mirror of https://other.example"],
      [`s3://${own}/mirror`, 64, "is where the registry keeps its blobs"],
      [`s3://lora-${randomUUID()}`, 64, "there is no bucket"],
      ["s3://UPPER/case", 64, "is not of the form s3://bucket/prefix"],
      [`s3://${bucket.name}/../x`, 64, "is not of the form s3://bucket/prefix"],
    ];
    for (const [place, status, message] of refusals) {
      const { exitCode, stderr } = await exportTo(place);
      expect([place, exitCode, stderr]).toEqual([place, status, expect.stringContaining(message)]);
    }
    const stranger = { LORA_MIRROR_ACCESS_KEY_ID: "nobody", LORA_MIRROR_SECRET_ACCESS_KEY: "nothing" };
    const { exitCode, stderr } = await runRegistryCommand(["export", target()], {
      ...services.env,
      ...stranger,
    });
    expect([exitCode, stderr]).toEqual([77, expect.stringContaining("does not let these credentials")]);
  }, 60_000);
});
