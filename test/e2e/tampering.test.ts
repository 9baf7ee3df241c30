// SPDX-License-Identifier: Apache-2.0
/** One flipped bit, anywhere between the author and the model: refused by its own code, nothing installed. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";
import { snapshot } from "../support/sandbox.ts";
import { flipBit, startTamperingProxy, type TamperingProxy } from "../support/tampering-proxy.ts";

let workplace: Awaited<ReturnType<typeof createWorkplace>>;
let proxy: TamperingProxy;
let adapter: { sha256: string; sizeBytes: number };
let manifestSha256: string;
let project = "";
let projects = 0;

beforeAll(async () => {
  workplace = await createWorkplace();
  const { sandbox, registry } = workplace;
  const directory = await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  const { files } = await sandbox.json(["publish", directory, "--dry-run"]);
  const digestOf = (name: string) => files.find((file: { name: string }) => file.name === name).sha256;
  manifestSha256 = digestOf("lora.json");
  await createProject(sandbox, "reference");
  ({ adapter } = (await sandbox.json(["install", "@demo/upper"], { cwd: "reference" })).packages[
    "@demo/upper"
  ]);
  proxy = await startTamperingProxy(registry.url);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await workplace[Symbol.asyncDispose]();
});

/** A project of its own and an empty store for each test. */
beforeEach(async () => {
  project = `project-${++projects}`;
  await createProject(workplace.sandbox, project);
  await rm(join(workplace.sandbox.home, "store"), { recursive: true, force: true });
  proxy.tamper = (_path, body) => body;
});

async function expectRefused(code: string, env: Record<string, string> = {}): Promise<void> {
  const { sandbox } = workplace;
  const before = await snapshot(sandbox.path(project));
  const outcome = await sandbox.lora(["install", "@demo/upper", "--json"], { cwd: project, env });
  expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code, message: expect.any(String) } });
  expect(outcome.exitCode).toBeGreaterThan(0);
  expect(await snapshot(sandbox.path(project))).toEqual(before);
  expect(await storedBlob(adapter.sha256)).not.toBe("wrong");
}

/** What the store has under a digest: nothing, the right bytes, or wrong ones. */
async function storedBlob(sha256: string): Promise<"none" | "right" | "wrong"> {
  const path = join(workplace.sandbox.home, "store", "blobs", "sha256", sha256.slice(0, 2), sha256);
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return "none";
  return createHash("sha256").update(bytes).digest("hex") === sha256 ? "right" : "wrong";
}

async function findFile(directory: string, name: string): Promise<string> {
  const found = (await readdir(directory, { recursive: true })).find((path) => path.endsWith(name));
  if (found === undefined) throw new Error(`no ${name} below ${directory}`);
  return join(directory, found);
}

async function withFlippedBlob(sha256: string, work: () => Promise<void>): Promise<void> {
  const bytes = await workplace.registry.replaceBlob(sha256, flipBit);
  try {
    await work();
  } finally {
    await workplace.registry.replaceBlob(sha256, () => bytes);
  }
}

describe("a flipped bit", () => {
  it("in an adapter where the registry keeps it is DIGEST_MISMATCH", async () => {
    await withFlippedBlob(adapter.sha256, () => expectRefused("DIGEST_MISMATCH"));
  });

  it("in a manifest where the registry keeps it is MANIFEST_TAMPERED", async () => {
    await withFlippedBlob(manifestSha256, () => expectRefused("MANIFEST_TAMPERED"));
  });

  it("in an adapter on its way is DIGEST_MISMATCH", async () => {
    proxy.tamper = (path, body) => (path.endsWith(adapter.sha256) ? flipBit(body) : body);
    await expectRefused("DIGEST_MISMATCH", { LORA_REGISTRY: proxy.url });
  });

  it("anywhere in the signed statement is SIGNATURE_INVALID", async () => {
    for (const share of [0.1, 0.5, 0.9]) {
      proxy.tamper = (path, body) => {
        if (!path.endsWith("/signature.json")) return body;
        const bundle = JSON.parse(body.toString());
        const payload = Buffer.from(bundle.dsseEnvelope.payload, "base64");
        bundle.dsseEnvelope.payload = flipBit(payload, Math.floor(payload.length * share)).toString("base64");
        return Buffer.from(JSON.stringify(bundle));
      };
      await expectRefused("SIGNATURE_INVALID", { LORA_REGISTRY: proxy.url });
    }
  });

  it("in the bundle around it is BUNDLE_INVALID", async () => {
    proxy.tamper = (path, body) => (path.endsWith("/signature.json") ? flipBit(body, 5) : body);
    await expectRefused("BUNDLE_INVALID", { LORA_REGISTRY: proxy.url });
  });

  it("in the store is STORE_CORRUPT, with the command that mends it", async () => {
    const { sandbox } = workplace;
    await createProject(sandbox, `${project}-first`);
    await mustRun(sandbox, ["install", "@demo/upper"], `${project}-first`);
    const path = await findFile(join(sandbox.home, "store", "blobs"), adapter.sha256);
    await chmod(path, 0o644);
    await writeFile(path, flipBit(await readFile(path)));
    const { error } = await sandbox.json(["install", "@demo/upper"], { cwd: project });
    expect(error).toMatchObject({ code: "STORE_CORRUPT", details: { path } });
    expect(await readdir(sandbox.path(project))).not.toContain(".lora");
    expect(error.hint).toBe("take it out and install again: lora cache verify --repair");
    await mustRun(sandbox, ["cache", "verify", "--repair"]);
    await mustRun(sandbox, ["install", "@demo/upper"], project);
  });

  it("in an installed file is INSTALL_CORRUPT for lora run, and mended by lora install", async () => {
    const { sandbox } = workplace;
    await mustRun(sandbox, ["install", "@demo/upper"], project);
    const path = sandbox.path(project, ".lora", "adapters", `${adapter.sha256}.gguf`);
    const bytes = await readFile(path);
    // A file of its own: where the store's is hard-linked, writing to one would change both.
    await rm(path);
    await writeFile(path, flipBit(bytes));
    const { error } = await sandbox.json(["run", "say: hello\n"], { cwd: project });
    expect(error).toMatchObject({ code: "INSTALL_CORRUPT", hint: "put it back: lora install" });
    await mustRun(sandbox, ["install"], project);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });
});

describe("a registry that lies", () => {
  it.each([
    [
      "about an adapter's digest",
      (v: Entry) => Object.assign(v.adapters[0] ?? {}, { sha256: "0".repeat(64) }),
      "RELEASE_MISMATCH",
    ],
    ["about a rank", (v: Entry) => Object.assign(v.adapters[0] ?? {}, { rank: 4 }), "RELEASE_MISMATCH"],
    ["about a release's id", (v: Entry) => Object.assign(v, { id: "0".repeat(64) }), "VERSION_SWAPPED"],
    ["about a scale", (v: Entry) => Object.assign(v, { scale: -3 }), "RELEASE_MISMATCH"],
    [
      "about a conflict",
      (v: Entry) => Object.assign(v, { conflicts: { "@demo/x": "*" } }),
      "RELEASE_MISMATCH",
    ],
    [
      "with escapes in a base's name",
      (v: Entry) => Object.assign(v.adapters[0]?.base ?? {}, { name: "\u001b[2J" }),
      "REGISTRY_PROTOCOL",
    ],
    ["about the signing key", (v: Entry) => Object.assign(v, { keyId: "0".repeat(64) }), "RECEIPT_MISMATCH"],
    ["about a log entry", (v: Entry) => Object.assign(v, { logIndex: 1 }), "VERSION_SWAPPED"],
  ])("%s in the index is found out", async (_what, lie, code) => {
    proxy.tamper = (path, body) => {
      if (!path.startsWith("/index/")) return body;
      const index = JSON.parse(body.toString());
      lie(index.versions["1.0.0"]);
      return Buffer.from(JSON.stringify(index));
    };
    await expectRefused(code, { LORA_REGISTRY: proxy.url });
  });

  it("and gives another key under the right id is found out", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    proxy.tamper = (path, body) => {
      if (!path.startsWith("/scopes/")) return body;
      const scope = JSON.parse(body.toString());
      scope.keys[0].pem = publicKey.export({ type: "spki", format: "pem" });
      return Buffer.from(JSON.stringify(scope));
    };
    await expectRefused("KEY_INVALID", { LORA_REGISTRY: proxy.url });
  });

  it.each([
    ["calls itself by another name", { origin: "https://other.example" }, "LOG_KEY_CHANGED"],
    ["no longer has a log", { logKey: undefined }, "LOG_MISSING"],
  ])("and %s is found out", async (_what, change, code) => {
    proxy.tamper = (path, body) =>
      path === "/registry.json"
        ? Buffer.from(JSON.stringify({ ...JSON.parse(body.toString()), ...change }))
        : body;
    await expectRefused(code, { LORA_REGISTRY: proxy.url });
  });
});

interface Entry {
  adapters: { base: object }[];
}
