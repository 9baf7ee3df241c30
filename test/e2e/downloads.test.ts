// SPDX-License-Identifier: Apache-2.0
/** What comes over a bad line, onto a full disk, through a proxy: it comes whole, or the project is as it was. */
import { execFileSync } from "node:child_process";
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startForwardProxy } from "../support/forward-proxy.ts";
import { type Mirror, startMirror } from "../support/mirror.ts";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";
import { type Outcome, snapshot } from "../support/sandbox.ts";

const ABILITIES = ["upper", "shout", "rot13"] as const;
let workplace: Awaited<ReturnType<typeof createWorkplace>>;
let mirror: Mirror;
/** Of the adapter of @demo/upper. */
let blob: { sha256: string; sizeBytes: number };
let home = "";
let homes = 0;

beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox } = workplace;
  for (const ability of ABILITIES) await publishAbility(sandbox, { name: `@demo/${ability}`, ability });
  await createProject(sandbox, "project");
  const { packages } = await sandbox.json(["install", "@demo/upper", "--dry-run"], { cwd: "project" });
  blob = packages["@demo/upper"].adapter;
});
afterAll(() => workplace[Symbol.asyncDispose]());
beforeEach(async () => {
  mirror = await startMirror(workplace.registry.url);
  // A machine that has installed nothing yet, and a project that nothing is installed in.
  home = workplace.sandbox.path(`home-${++homes}`);
  const { sandbox } = workplace;
  // One that knows the registry's log: what is said of a first use is tested elsewhere.
  await mkdir(home);
  await copyFile(join(sandbox.home, "logs.json"), join(home, "logs.json"));
  for (const file of ["lora-lock.json", ".lora"])
    await rm(sandbox.path("project", file), { recursive: true, force: true });
});
afterEach(() => mirror[Symbol.asyncDispose]());

const blobPath = () => `/blobs/sha256/${blob.sha256}`;
const blobRequests = () => mirror.seen.filter(({ path }) => path === blobPath());
function install(
  names: readonly string[] = ["@demo/upper"],
  env: Record<string, string> = {},
): Promise<Outcome> {
  return workplace.sandbox.lora(["install", ...names, "--no-save"], {
    cwd: "project",
    env: { LORA_HOME: home, LORA_REGISTRY: mirror.url, ...env },
  });
}
const projectFiles = () => snapshot(workplace.sandbox.path("project"));
const storedBlobs = () =>
  readdir(`${home}/store/blobs`, { recursive: true }).then(
    (names) => names.filter((name) => name.endsWith(blob.sha256)),
    () => [],
  );

describe("a connection that breaks", () => {
  it("is made again, and goes on where it broke, of the same file", async () => {
    mirror.intercept = (request, response) => {
      if (blobRequests().length > 2 || request.url !== blobPath()) return false;
      return mirror.passOn(request, response, 20_000).then(() => true);
    };
    expect(await install()).toMatchObject({ exitCode: 0, stderr: "" });
    // S3, where the blob may come from, has an ETag of its own.
    const ifRange = blobRequests()[1]?.ifRange;
    expect(ifRange).toMatch(/^"[0-9a-f]{32,64}"$/);
    expect(blobRequests()).toEqual([
      { path: blobPath(), range: undefined, ifRange: undefined },
      { path: blobPath(), range: "bytes=20000-", ifRange },
      { path: blobPath(), range: "bytes=40000-", ifRange },
    ]);
    expect(await storedBlobs()).toHaveLength(1);
  });

  it("is made again, also where the server knows no ranges and sends the whole", async () => {
    mirror.intercept = (request, response) => {
      if (request.url !== blobPath()) return false;
      delete request.headers.range;
      return mirror
        .passOn(request, response, blobRequests().length === 1 ? 20_000 : undefined)
        .then(() => true);
    };
    expect(await install()).toMatchObject({ exitCode: 0, stderr: "" });
    expect(blobRequests()).toHaveLength(2);
  });

  it("for good leaves the project as it was, and the next install goes on with what came", async () => {
    const before = await projectFiles();
    mirror.intercept = async (request, response) => {
      if (request.url !== blobPath()) return false;
      await mirror.passOn(request, response, 20_000);
      await mirror.vanish();
      return true;
    };
    const { exitCode, stdout, stderr } = await install();
    expect({ exitCode, stdout }).toEqual({ exitCode: 69, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(
        `^error: the registry ${mirror.url} does not answer: ECONNREFUSED\n\nhint: check the address`,
      ),
    );
    expect(await projectFiles()).toEqual(before);
    expect(await storedBlobs()).toEqual([]);

    mirror.intercept = () => false;
    mirror.seen.length = 0;
    await mirror.comeBack();
    expect(await install()).toMatchObject({ exitCode: 0, stderr: "" });
    expect(blobRequests()).toMatchObject([{ range: "bytes=20000-" }]);
  });
});

describe("a busy registry", () => {
  it.each([429, 503])("that answers %i is left alone as long as it says", async (status) => {
    let freeAt = Number.POSITIVE_INFINITY;
    let refusals = 0;
    mirror.intercept = (request, response) => {
      if (request.url !== blobPath() || Date.now() >= freeAt) return false;
      if (refusals++ === 0) freeAt = Date.now() + 1000;
      response.writeHead(status, { "retry-after": "1" }).end();
      return true;
    };
    expect(await install()).toMatchObject({ exitCode: 0, stderr: "" });
    expect(refusals).toBe(1);
  });

  it("that stays busy is reported, and the project is as it was", async () => {
    const before = await projectFiles();
    mirror.intercept = (request, response) => {
      if (request.url !== blobPath()) return false;
      response.writeHead(503, { "retry-after": "0" }).end();
      return true;
    };
    const { exitCode, stderr } = await install();
    expect(exitCode).toBe(75);
    expect(stderr).toMatch(/^error: http:\/\/127\.0\.0\.1:\d+ answered 503 to GET \/blobs\//);
    expect(await projectFiles()).toEqual(before);
  });
});

describe("several downloads", () => {
  /** Answers no blob before so many of them have been asked for. */
  function waitFor(count: number): { most: () => number } {
    let open = 0;
    let most = 0;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    mirror.intercept = async (request, response) => {
      if (!request.url?.startsWith("/blobs/")) return false;
      open += 1;
      most = Math.max(most, open);
      if (most >= count) resolve();
      await enough;
      await mirror.passOn(request, response);
      open -= 1;
      return true;
    };
    return { most: () => most };
  }
  const names = ABILITIES.map((ability) => `@demo/${ability}`);

  it("go on at the same time", async () => {
    const blobs = waitFor(3);
    expect(await install(names)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(blobs.most()).toBe(3);
  });

  it("are no more at once than the setting says", async () => {
    const blobs = waitFor(1);
    await mustRun(
      { ...workplace.sandbox, lora: (args) => workplace.sandbox.lora(args, { env: { LORA_HOME: home } }) },
      ["config", "set", "downloads", "1"],
    );
    expect(await install(names)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(blobs.most()).toBe(1);
  });
});

describe("a disk", () => {
  it("without space left is said to be full, and the project is as it was", async () => {
    const before = await projectFiles();
    // The kernel's own full disk, where the download would begin.
    await mkdir(`${home}/store/partial`, { recursive: true });
    await symlink("/dev/full", `${home}/store/partial/${blob.sha256}`);
    const { exitCode, stdout, stderr } = await install();
    expect({ exitCode, stdout }).toEqual({ exitCode: 74, stdout: "" });
    expect(stderr).toBe(`error: no space is left to write ${home}/store/partial/${blob.sha256}\n`);
    expect(await projectFiles()).toEqual(before);
    expect(await storedBlobs()).toEqual([]);

    await rm(`${home}/store/partial/${blob.sha256}`);
    expect(await install()).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it.each(["the store", "the project"])(
    "that refuses %s says which file, and nothing changes",
    async (what) => {
      const { sandbox } = workplace;
      // An unprivileged user's copy of everything: to root nothing is refused.
      const directory = sandbox.path(`of-nobody-${homes}`);
      await cp(sandbox.path("project"), `${directory}/project`, { recursive: true });
      await mkdir(`${directory}/home/store`, { recursive: true });
      if (userInfo().uid === 0) {
        await chmod(sandbox.directory, 0o755);
        execFileSync("chown", ["-R", "65534:65534", directory]);
      }
      const refused = what === "the store" ? `${directory}/home/store` : `${directory}/project`;
      await chmod(refused, 0o555);
      onTestFinished(() => chmod(refused, 0o755));
      const before = await snapshot(`${directory}/project`);
      const { exitCode, stderr } = await sandbox.lora(["install", "@demo/upper"], {
        cwd: `of-nobody-${homes}/project`,
        env: { LORA_HOME: `${directory}/home`, LORA_REGISTRY: mirror.url },
        ...(userInfo().uid === 0 ? { user: 65534 } : {}),
      });
      expect(stderr).toMatch(/^error: the system does not let you (write|link) /);
      expect(stderr).toContain(refused);
      expect(exitCode).toBe(77);
      expect(await snapshot(`${directory}/project`)).toEqual(before);
    },
  );
});

describe("a proxy of the environment", () => {
  const HOST = "registry.invalid";

  it.each(["HTTP_PROXY", "http_proxy"])("named by %s is gone through for everything", async (variable) => {
    await using proxy = await startForwardProxy({ [HOST]: mirror.url });
    const outcome = await install(["@demo/upper"], {
      LORA_REGISTRY: `http://${HOST}`,
      [variable]: proxy.url,
    });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
    expect(mirror.seen.map(({ path }) => path)).toContain(blobPath());
    expect(new Set(proxy.seen.map((host) => host.replace(/:80$/, "")))).toEqual(new Set([HOST]));
  });

  it("is passed by where NO_PROXY names the host", async () => {
    await using proxy = await startForwardProxy({});
    const outcome = await install(["@demo/upper"], { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
    expect(proxy.seen).toEqual([]);
  });

  it("that does not answer is an error, and never gone around", async () => {
    const { exitCode, stderr } = await install(["@demo/upper"], { HTTP_PROXY: "http://127.0.0.1:1" });
    expect(exitCode).toBe(69);
    expect(stderr).toContain(`the registry ${mirror.url} does not answer`);
    expect(mirror.seen).toEqual([]);
  });
});

it("no file of a release is asked for twice", async () => {
  const names = ABILITIES.map((ability) => `@demo/${ability}`);
  expect(await install(names)).toMatchObject({ exitCode: 0 });
  const paths = mirror.seen.map(({ path }) => path).filter((path) => /^\/(?:blobs|versions)\//.test(path));
  expect(paths.length).toBe(12);
  expect(new Set(paths).size).toBe(paths.length);
  expect(await readFile(`${home}/store/blobs/sha256/${blob.sha256.slice(0, 2)}/${blob.sha256}`)).toHaveLength(
    blob.sizeBytes,
  );
});
