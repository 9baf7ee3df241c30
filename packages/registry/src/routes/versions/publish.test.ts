// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parsePackageIndex } from "@lora/client/documents";
import { parseFileName, parsePackageName } from "@lora/client/names";
import { generateSigningKey, type SigningKey, signRelease } from "@lora/client/signing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  fixture,
  knowBase,
  makeScope,
  publish,
  type Signed,
  sign,
  upload,
  upperEntry,
} from "../../test/publisher.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let key: SigningKey;
let upper: Uint8Array;

beforeAll(async () => {
  registry = await openTestRegistry();
  upper = await fixture("v1/upper.gguf");
});
beforeEach(async () => {
  await registry.reset();
  key = await makeScope(registry);
});
afterAll(() => registry.close());

const put = (signed: Signed, headers?: Record<string, string>) =>
  registry.send("PUT", signed.path, { bundle: signed.bundle }, headers);

async function upperDraft(over: Record<string, unknown> = {}) {
  return {
    name: "@demo/upper",
    files: { "upper.gguf": upper },
    manifest: { adapters: [await upperEntry(over)] },
  };
}

describe("a release that is all right", () => {
  it("can be installed when the answer comes", async () => {
    const fingerprint = await knowBase(registry);
    const draft = await upperDraft();
    const { signed, answer } = await publish(registry, key, {
      ...draft,
      files: { ...draft.files, "README.md": new TextEncoder().encode("# Upper\n") },
      manifest: {
        ...draft.manifest,
        readme: "README.md",
        scale: 0.5,
        dependencies: { "@demo/a": "^1", "@demo/b": { version: "~2", scale: -1 } },
        conflicts: { "@demo/c": "*" },
      },
    });
    const publishedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(answer).toMatchObject({ status: 201 });
    expect(answer.body).toEqual({
      name: "@demo/upper",
      version: "1.0.0",
      id: signed.id,
      keyId: key.keyId,
      publishedAt,
      logIndex: 2,
      receipt: expect.stringMatching(/^c2sp.org\/tlog-proof@v1\n/),
    });

    const index = await registry.get("/index/@demo/upper.json");
    expect(index.status).toBe(200);
    expect(index.body).toEqual({
      v: 1,
      name: "@demo/upper",
      distTags: { latest: "1.0.0" },
      versions: {
        "1.0.0": {
          id: signed.id,
          keyId: key.keyId,
          publishedAt: (answer.body as { publishedAt: string }).publishedAt,
          logIndex: 2,
          adapters: [
            {
              file: "upper.gguf",
              sha256: sha256Hex(upper),
              sizeBytes: upper.length,
              rank: 8,
              base: { name: "tiny-say v1", fingerprint },
              targets: ["attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up"],
            },
          ],
          scale: 0.5,
          dependencies: { "@demo/a": { range: "^1" }, "@demo/b": { range: "~2", scale: -1 } },
          optionalDependencies: {},
          conflicts: { "@demo/c": "*" },
        },
      },
    });
    expect(() => parsePackageIndex(JSON.stringify(index.body), "index")).not.toThrow();

    for (const bytes of signed.files.values()) {
      expect(await registry.bytes(`/blobs/sha256/${sha256Hex(bytes)}`)).toEqual(new Uint8Array(bytes));
    }
    expect(await registry.bytes("/versions/@demo/upper/1.0.0/lora.json")).toEqual(
      signed.files.get("lora.json"),
    );
    const signature = await registry.get("/versions/@demo/upper/1.0.0/signature.json");
    expect(JSON.stringify(signature.body)).toBe(signed.bundle);
    expect(signature.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(await registry.staged()).toEqual([]);
  });

  it("may be a bundle without adapters", async () => {
    const { answer } = await publish(registry, key, { manifest: { dependencies: { "@demo/upper": "^1" } } });
    expect(answer.status).toBe(201);
  });

  it("may spell alpha shorter than the file's 32-bit float", async () => {
    await knowBase(registry);
    const odd = withAlpha(upper, 0.1);
    const { answer } = await publish(registry, key, {
      files: { "upper.gguf": odd },
      manifest: { adapters: [await upperEntry({ alpha: 0.1 })] },
    });
    expect(answer).toMatchObject({ status: 201 });
  });

  it("changes the index's ETag, and an unchanged index costs a 304", async () => {
    await publish(registry, key, {});
    const first = await registry.get("/index/@demo/pack.json");
    const etag = first.headers.get("etag") ?? "";
    expect(first.headers.get("cache-control")).toBe("public, max-age=10");
    const again = await registry.get("/index/@demo/pack.json", { "if-none-match": `"other", W/${etag}` });
    expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, "", etag]);
    await publish(registry, key, { version: "1.1.0" });
    const changed = await registry.get("/index/@demo/pack.json", { "if-none-match": etag });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ distTags: { latest: "1.1.0" } });
  });

  it("is latest by semver, not by time, and before any prerelease", async () => {
    for (const version of ["1.10.0", "1.9.0", "2.0.0-beta.1"]) await publish(registry, key, { version });
    const { body } = await registry.get("/index/@demo/pack.json");
    expect(Object.keys((body as { versions: object }).versions)).toEqual(["1.9.0", "1.10.0", "2.0.0-beta.1"]);
    expect(body).toMatchObject({ distTags: { latest: "1.10.0" } });
  });

  it("shares blobs with other releases", async () => {
    await knowBase(registry);
    await publish(registry, key, await upperDraft());
    const signed = await sign(key, { ...(await upperDraft()), version: "1.0.1" });
    const blobs = [...signed.files.values()].map((b) => ({ sha256: sha256Hex(b), sizeBytes: b.length }));
    const { body } = await registry.send("POST", "/api/v1/uploads", { blobs });
    const manifest = sha256Hex(signed.files.get("lora.json") ?? "");
    expect(body).toEqual({
      missing: [{ sha256: manifest, url: `/api/v1/uploads/sha256/${manifest}`, headers: {} }],
    });
    await registry.send("PUT", `/api/v1/uploads/sha256/${manifest}`, signed.files.get("lora.json"));
    expect((await put(signed)).status).toBe(201);
    expect(await registry.stored()).toMatchObject({ versions: 2, version_files: 4, blobs: 3, files: 3 });
  });
});

describe("publishing a version again", () => {
  it("gives the same answer for the same release, so that a lost answer can be asked for", async () => {
    const { signed, answer } = await publish(registry, key, {});
    const before = await registry.stored();
    expect(await put(signed)).toMatchObject({ status: 200, body: answer.body });
    // Another signature over the same payload is the same release, and the stored one stays.
    const resigned = await sign(key, {});
    expect(resigned.bundle).not.toBe(signed.bundle);
    expect(await put(resigned)).toMatchObject({ status: 200, body: answer.body });
    const served = await registry.get("/versions/@demo/pack/1.0.0/signature.json");
    expect(JSON.stringify(served.body)).toBe(signed.bundle);
    expect(await registry.stored()).toEqual(before);
  });

  it("is refused with other content", async () => {
    const { signed: first } = await publish(registry, key, {});
    const before = await registry.stored();
    const { signed, answer } = await publish(registry, key, { manifest: { description: "other" } });
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({
      error: {
        code: "VERSION_EXISTS",
        message: "@demo/pack 1.0.0 was published before, with other content",
        hint: "raise the version in lora.json",
        details: { publishedId: first.id, id: signed.id },
      },
    });
    expect(await registry.stored()).toEqual(before);
  });

  it("by many at once lets exactly one win", async () => {
    const rivals = await Promise.all(
      Array.from({ length: 8 }, (_, i) => sign(key, { manifest: { description: `rival ${i}` } })),
    );
    for (const rival of rivals) await upload(registry, rival);
    const answers = await Promise.all(rivals.map((rival) => put(rival)));
    expect(answers.map((a) => a.status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    const winner = rivals[answers.findIndex((a) => a.status === 201)];
    const { body } = await registry.get("/index/@demo/pack.json");
    expect(body).toMatchObject({ versions: { "1.0.0": { id: winner?.id } } });
    expect(await registry.stored()).toMatchObject({ packages: 1, versions: 1, version_files: 1, blobs: 1 });
  });

  it("leaves no version out of the index when different ones come at once", async () => {
    const versions = Array.from({ length: 8 }, (_, i) => `1.${i}.0`);
    const releases = await Promise.all(versions.map((version) => sign(key, { version })));
    for (const release of releases) await upload(registry, release);
    const answers = await Promise.all(releases.map((release) => put(release)));
    expect(new Set(answers.map((a) => a.status))).toEqual(new Set([201]));
    const { body } = await registry.get("/index/@demo/pack.json");
    expect(Object.keys((body as { versions: object }).versions)).toEqual(versions);
  });
});

describe("who may publish", () => {
  it.each([
    ["nobody without a token", 401, "UNAUTHENTICATED", async () => ({ authorization: "" })],
    ["nobody with a made-up token", 401, "UNAUTHENTICATED", async () => ({ authorization: "Bearer lora_x" })],
    [
      "nobody with an expired token",
      401,
      "UNAUTHENTICATED",
      async () =>
        bearer(await registry.makeToken(["publish-new"], { expiresAt: new Date(Date.now() - 1000) })),
    ],
    [
      "nobody with a revoked token",
      401,
      "UNAUTHENTICATED",
      async () => bearer(await registry.makeToken(["publish-new"], { revokedAt: new Date() })),
    ],
    ["nobody who may only yank", 403, "FORBIDDEN", async () => bearer(await registry.makeToken(["yank"]))],
    [
      "nobody with a new package who may only update",
      403,
      "FORBIDDEN",
      async () => bearer(await registry.makeToken(["publish-update"])),
    ],
  ])("%s", async (_who, status, code, headersOf) => {
    const signed = await sign(key, {});
    await upload(registry, signed);
    const headers = await headersOf();
    const before = await registry.stored();
    expect(await put(signed, headers)).toMatchObject({ status, body: { error: { code } } });
    expect(await registry.stored()).toEqual(before);
  });

  it("says which token it was, and what it lacked", async () => {
    const token = await registry.makeToken(["yank"], { name: "ci" });
    const { body } = await put(await sign(key, {}), bearer(token));
    expect(body).toEqual({
      error: {
        code: "FORBIDDEN",
        message: 'the token "ci" does not allow publish-new or publish-update',
        details: { needs: ["publish-new", "publish-update"], has: ["yank"] },
      },
    });
  });

  it("an updater, once the package is there", async () => {
    await publish(registry, key, {});
    const signed = await sign(key, { version: "1.0.1" });
    await upload(registry, signed);
    const token = await registry.makeToken(["publish-update"]);
    expect((await put(signed, bearer(token))).status).toBe(201);
  });
});

/** One thing wrong with each: the code it is refused with, and how the publisher gets there. */
const REFUSED: [
  what: string,
  status: number,
  code: string,
  attempt: () => Promise<{ status: number; body: unknown }>,
][] = [
  [
    "a scope that does not exist",
    404,
    "SCOPE_NOT_FOUND",
    async () => (await publish(registry, key, { name: "@nobody/pack" })).answer,
  ],
  [
    "the key of another scope",
    422,
    "KEY_UNKNOWN",
    async () => (await publish(registry, await makeScope(registry, "@elsewhere"), {})).answer,
  ],
  [
    "a key that no scope has, under the name of one that it has",
    422,
    "SIGNATURE_INVALID",
    async () => {
      const stranger = await generateSigningKey();
      const signed = await sign(stranger, {});
      return put({ ...signed, bundle: signed.bundle.replace(stranger.keyId, key.keyId) });
    },
  ],
  [
    "a payload that was changed after signing",
    422,
    "SIGNATURE_INVALID",
    async () => {
      const signed = await sign(key, {});
      const bundle = JSON.parse(signed.bundle);
      const payload = Buffer.from(bundle.dsseEnvelope.payload, "base64")
        .toString()
        .replace('"pack"', '"hack"');
      bundle.dsseEnvelope.payload = Buffer.from(payload).toString("base64");
      return put({ ...signed, bundle: JSON.stringify(bundle) });
    },
  ],
  [
    "a bundle that is none",
    422,
    "BUNDLE_INVALID",
    async () => put({ ...(await sign(key, {})), bundle: "{}" }),
  ],
  [
    "another version than the path names",
    422,
    "RELEASE_MISMATCH",
    async () => {
      const signed = await sign(key, {});
      await upload(registry, signed);
      return put({ ...signed, path: "/api/v1/packages/@demo/pack/versions/1.0.1" });
    },
  ],
  [
    "another package than the path names",
    422,
    "RELEASE_MISMATCH",
    async () => {
      const signed = await sign(key, {});
      await upload(registry, signed);
      return put({ ...signed, path: "/api/v1/packages/@demo/other/versions/1.0.0" });
    },
  ],
  [
    "the package of the same name in another scope",
    422,
    "RELEASE_MISMATCH",
    async () => (await publish(registry, key, { manifest: { name: "@other/pack" } })).answer,
  ],
  [
    "a release for another registry",
    422,
    "RELEASE_MISMATCH",
    async () => (await publish(registry, key, { manifest: { registry: "https://elsewhere.test" } })).answer,
  ],
  ["files that were not uploaded", 409, "UPLOAD_MISSING", async () => put(await sign(key, {}))],
  [
    "a signed size that is not the file's",
    422,
    "SIZE_MISMATCH",
    async () => {
      const signed = await sign(key, {}, (_file, bytes) => bytes.length + 1);
      await upload(registry, signed);
      return put(signed);
    },
  ],
  [
    "an upload that was damaged on the disk",
    422,
    "DIGEST_MISMATCH",
    async () => {
      const signed = await sign(key, {});
      await upload(registry, signed);
      await flipLastByte(join(registry.directory, "uploads", (await registry.staged())[0] ?? ""));
      return put(signed);
    },
  ],
  [
    "no lora.json",
    422,
    "RELEASE_MISMATCH",
    async () => {
      const signed = await sign(key, {});
      const other = await signRelease({
        name: parsePackageName("@demo/pack"),
        files: [{ name: parseFileName("x.gguf"), sha256: sha256Hex(upper), sizeBytes: upper.length }],
        privatePem: key.privatePem,
      });
      await upload(registry, { ...signed, files: new Map([["x.gguf", upper]]) });
      return put({ ...signed, bundle: other.bundle });
    },
  ],
  [
    "a lora.json that repeats a key",
    400,
    "JSON_INVALID",
    async () =>
      (await publish(registry, key, { files: { "lora.json": text('{"name":"@demo/pack","name":"x"}') } }))
        .answer,
  ],
  [
    "a lora.json with a key that nobody knows",
    422,
    "MANIFEST_INVALID",
    async () => (await publish(registry, key, { manifest: { pickle: true } })).answer,
  ],
  [
    "a lora.json of half a megabyte",
    422,
    "MANIFEST_INVALID",
    async () => (await publish(registry, key, { manifest: { "x-notes": "x".repeat(512 * 1024) } })).answer,
  ],
  [
    "a dependency on something that is no range",
    422,
    "MANIFEST_INVALID",
    async () => (await publish(registry, key, { manifest: { dependencies: { "@demo/a": "^^1" } } })).answer,
  ],
  [
    "a file that lora.json does not name",
    422,
    "MANIFEST_INVALID",
    async () => (await publish(registry, key, { files: { "run.sh": text("rm -rf /") } })).answer,
  ],
  [
    "a readme that is not there",
    422,
    "MANIFEST_INVALID",
    async () => (await publish(registry, key, { manifest: { readme: "README.md" } })).answer,
  ],
  [
    "files that differ in case only",
    422,
    "MANIFEST_INVALID",
    async () =>
      (
        await publish(registry, key, {
          files: { "Upper.gguf": upper, "upper.gguf": upper },
          manifest: { adapters: [await upperEntry(), await upperEntry({ file: "Upper.gguf" })] },
        })
      ).answer,
  ],
  [
    "an adapter that is not there",
    422,
    "MANIFEST_INVALID",
    async () => (await publish(registry, key, { manifest: { adapters: [await upperEntry()] } })).answer,
  ],
  [
    "one adapter listed twice",
    422,
    "MANIFEST_INVALID",
    async () =>
      (
        await publish(registry, key, {
          files: { "upper.gguf": upper },
          manifest: { adapters: [await upperEntry(), await upperEntry()] },
        })
      ).answer,
  ],
  ...(
    [
      ["rank", { rank: 4 }],
      ["alpha", { alpha: 16.5 }],
      ["targets: one less", { targets: ["attn_q"] }],
      [
        "targets: one more",
        { targets: ["attn_k", "attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up"] },
      ],
    ] as const
  ).map(([what, lie]): (typeof REFUSED)[number] => [
    `a lie about ${what}`,
    422,
    "ADAPTER_MISMATCH",
    async () => {
      await knowBase(registry);
      return (await publish(registry, key, await upperDraft(lie))).answer;
    },
  ]),
  [
    "an adapter that is no GGUF",
    422,
    "GGUF_INVALID",
    async () => {
      await knowBase(registry);
      return (
        await publish(registry, key, { ...(await upperDraft()), files: { "upper.gguf": text("pickle!") } })
      ).answer;
    },
  ],
  [
    "an adapter that was cut off",
    422,
    "GGUF_INVALID",
    async () => {
      await knowBase(registry);
      const files = { "upper.gguf": upper.subarray(0, upper.length - 32) };
      return (await publish(registry, key, { ...(await upperDraft()), files })).answer;
    },
  ],
  [
    "a base model in place of an adapter",
    422,
    "ADAPTER_INVALID",
    async () => {
      await knowBase(registry);
      const files = { "upper.gguf": await fixture("v1/base-q4_0.gguf") };
      return (await publish(registry, key, { ...(await upperDraft()), files })).answer;
    },
  ],
  [
    "a base that nobody told the registry of",
    422,
    "BASE_UNKNOWN",
    async () => (await publish(registry, key, await upperDraft())).answer,
  ],
  [
    "an adapter of another architecture than its base",
    422,
    "BASE_UNFIT",
    async () => {
      await knowBase(registry);
      const files = { "upper.gguf": withArchitecture(upper, "mamba") };
      return (await publish(registry, key, { ...(await upperDraft()), files })).answer;
    },
  ],
];

describe("a release is refused, and nothing of it is visible, for", () => {
  it.each(REFUSED)("%s", async (_what, status, code, attempt) => {
    expect(await attempt()).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
    expect(await registry.stored()).toMatchObject({
      packages: 0,
      versions: 0,
      version_files: 0,
      adapters: 0,
      blobs: 0,
      files: 0,
    });
    expect((await registry.get("/index/@demo/pack.json")).status).toBe(404);
    expect((await registry.get("/index/@demo/upper.json")).status).toBe(404);
    expect(registry.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it("an upload that was damaged on the disk, until it is uploaded again", async () => {
    const signed = await sign(key, {});
    await upload(registry, signed);
    await flipLastByte(join(registry.directory, "uploads", (await registry.staged())[0] ?? ""));
    expect((await put(signed)).status).toBe(422);
    const bytes = signed.files.get("lora.json") ?? text("");
    const blobs = [{ sha256: sha256Hex(bytes), sizeBytes: bytes.length }];
    const { body } = await registry.send("POST", "/api/v1/uploads", { blobs });
    expect(body).toMatchObject({ missing: [{ sha256: sha256Hex(bytes) }] });
    await upload(registry, signed);
    expect((await put(signed)).status).toBe(201);
  });

  it("the registry's own damaged copy, as its own fault", async () => {
    const files = { "README.md": text("# Read me\n") };
    const manifest = { readme: "README.md" };
    await publish(registry, key, { files, manifest });
    const readme = sha256Hex(files["README.md"]);
    await flipLastByte(join(registry.directory, "sha256", readme.slice(0, 2), readme));
    const signed = await sign(key, { version: "2.0.0", files, manifest });
    await upload(registry, {
      ...signed,
      files: new Map([["lora.json", signed.files.get("lora.json") ?? text("")]]),
    });
    expect(await put(signed)).toMatchObject({ status: 500, body: { error: { code: "STORE_CORRUPT" } } });
    expect(await registry.stored()).toMatchObject({ versions: 1 });
  });
});

describe("the body of a publish", () => {
  const path = "/api/v1/packages/@demo/pack/versions/1.0.0";
  it.each([
    ["no JSON", 400, "JSON_INVALID", "{", {}],
    ["a repeated key", 400, "JSON_INVALID", '{"bundle":"a","bundle":"b"}', {}],
    ["no bundle", 400, "USAGE", "{}", {}],
    ["an unknown key", 400, "USAGE", '{"bundle":"a","force":true}', {}],
    ["another media type", 400, "USAGE", '{"bundle":"a"}', { "content-type": "text/plain" }],
    ["more than a bundle takes", 413, "PAYLOAD_TOO_LARGE", `{"bundle":"${"x".repeat(600_000)}"}`, {}],
  ])("%s", async (_what, status, code, body, headers) => {
    const answer = await registry.send("PUT", path, body, headers);
    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  it.each([
    ["a name that is none", "/api/v1/packages/@Demo/pack/versions/1.0.0", "NAME_INVALID"],
    ["a slash that was hidden in a name", "/api/v1/packages/@demo%2Fx/pack/versions/1.0.0", "NAME_INVALID"],
    ["a version that is none", "/api/v1/packages/@demo/pack/versions/1.0", "VERSION_INVALID"],
    ["a version with build metadata", "/api/v1/packages/@demo/pack/versions/1.0.0+1", "VERSION_INVALID"],
  ])("is not even read for %s", async (_what, bad, code) => {
    const answer = await registry.send("PUT", bad, { bundle: "" });
    expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
  });
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const text = (content: string) => new TextEncoder().encode(content);

async function flipLastByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1));
}

/** The same file with another alpha: the 4 bytes of the float behind the key and its type. */
function withAlpha(bytes: Uint8Array, alpha: number): Uint8Array {
  const changed = Buffer.from(bytes);
  const keyName = "adapter.lora.alpha";
  changed.writeFloatLE(alpha, changed.indexOf(keyName) + keyName.length + 4);
  return new Uint8Array(changed);
}

/** The same file for another architecture of five letters: the string behind the key, its type and its length. */
function withArchitecture(bytes: Uint8Array, architecture: string): Uint8Array {
  const changed = Buffer.from(bytes);
  const keyName = "general.architecture";
  changed.write(architecture, changed.indexOf(keyName) + keyName.length + 4 + 8, "latin1");
  return new Uint8Array(changed);
}
