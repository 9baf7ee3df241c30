// SPDX-License-Identifier: Apache-2.0
/** Adapters from a hub: what becomes of them, and what a hub may not do. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KnownBase, readBase } from "@lora/client/base-source";
import { LoraError } from "@lora/client/errors";
import { hubAccess, hubFetch, parseHubReference } from "@lora/client/hub";
import { type ImportRequest, importPackage } from "@lora/client/import";
import { parsePackageName } from "@lora/client/names";
import { digestFile } from "@lora/client/publish";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { COMMIT, fail, type HubRepositorySource, json, startHub, type TestHub } from "../support/hub.ts";
import { abilityPath, basePath, peftPath } from "../support/tiny-say.ts";

const name = parsePackageName("@demo/upper");
const TOKEN = "hf_secret";

let base: KnownBase;
let peft: Record<string, Uint8Array>;
let gguf: Uint8Array;
let model: Uint8Array;
beforeAll(async () => {
  const noDeps = {
    registry: () => Promise.reject(new Error("asked")),
    fetch: () => Promise.reject(new Error("asked")),
  };
  base = await readBase(`tiny-say v1=${basePath("v1", "q4_0")}`, noDeps);
  peft = Object.fromEntries(
    await Promise.all(
      ["adapter_config.json", "adapter_model.safetensors"].map(
        async (file) => [file, await readFile(join(peftPath("v1", "upper"), file))] as const,
      ),
    ),
  );
  gguf = await readFile(abilityPath("v1", "upper"));
  model = await readFile(basePath("v1", "q4_0"));
});

let parent: string;
let hub: TestHub;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "lora-import-"));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(parent, { recursive: true, force: true });
});

const serve = async (repository: HubRepositorySource) => {
  hub = await startHub({ "acme/sql": repository });
};
const run = (
  request: Partial<ImportRequest> & { from?: string } = {},
  env: Record<string, string> = {},
  silenceMs = 5000,
) => {
  const access = hubAccess({ HF_ENDPOINT: hub.url, ...env });
  return importPackage(
    {
      reference: parseHubReference(request.from ?? "hf:acme/sql"),
      directory: join(parent, "upper"),
      name,
      bases: [base],
      ...request,
    },
    { endpoint: access.endpoint, fetch: hubFetch(access, { silenceMs }) },
  );
};
const manifest = async () => JSON.parse(await readFile(join(parent, "upper", "lora.json"), "utf8"));
/** Nothing at the package's place, and nothing beside it. */
const expectNothing = async () => expect(await readdir(parent)).toEqual([]);

describe("an adapter that PEFT saved", () => {
  it("becomes a package that keeps repository, commit and licence", async () => {
    await serve({ files: { ...peft, "README.md": "# SQL\n" }, card: { license: "apache-2.0" } });
    const { packed, repository } = await run();
    expect(repository).toMatchObject({ name: "acme/sql", revision: COMMIT });
    const { sha256 } = await digestFile(join(peftPath("v1", "upper"), "adapter_model.safetensors"));
    expect(await manifest()).toEqual({
      name: "@demo/upper",
      version: "0.1.0",
      license: "Apache-2.0",
      readme: "README.md",
      adapters: [
        {
          file: "tiny-say-v1.r8.gguf",
          format: "gguf",
          source: { format: "peft", sha256, repository: "hf:acme/sql", revision: COMMIT },
          rank: 8,
          alpha: 16,
          targets: ["attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up"],
          base: { name: "tiny-say v1", fingerprint: base.record.fingerprint },
        },
      ],
    });
    expect(packed.notes).toEqual([]);
    expect(await readdir(parent)).toEqual(["upper"]);
    expect((await readdir(join(parent, "upper"))).sort()).toEqual([
      "README.md",
      "lora.json",
      "tiny-say-v1.r8.gguf",
    ]);
    expect(await readFile(join(parent, "upper", "README.md"), "utf8")).toBe("# SQL\n");
  });

  it("gets a README where the repository has none, and a note where it names no licence", async () => {
    await serve({ files: peft, card: { license: "other" } });
    const { packed } = await run();
    expect(packed.notes).toEqual(["hf:acme/sql names no licence that lora.json could take over"]);
    expect(await readFile(join(parent, "upper", "README.md"), "utf8")).toContain("tiny-say v1");
  });

  it("is asked for by the commit that a revision is, and nothing else of the repository is", async () => {
    await serve({
      files: { ...peft, "optimizer.pt": "pickle", "training_args.bin": "pickle", "tokenizer.json": "{}" },
      revisions: ["refs/pr/3"],
    });
    await run({ from: "hf:acme/sql@refs/pr/3" });
    expect(hub.seen.filter(({ url }) => url.includes("/resolve/")).map(({ url }) => url)).toEqual([
      `/acme/sql/resolve/${COMMIT}/adapter_config.json`,
      `/acme/sql/resolve/${COMMIT}/adapter_model.safetensors`,
    ]);
  });

  it("is not downloaded where its base is not known", async () => {
    await serve({ files: peft });
    await expect(run({ bases: [], findBase: async () => undefined })).rejects.toMatchObject({
      code: "BASE_UNKNOWN",
      message: 'hf:acme/sql was trained on "demo/tiny-say", which the registry does not know',
    });
    expect(hub.seen.some(({ url }) => url.includes("safetensors"))).toBe(false);
    await expectNothing();
  });

  it("gets its base from the registry", async () => {
    await serve({ files: peft });
    await run({ bases: [], findBase: async (wanted) => (wanted === "demo/tiny-say" ? base : undefined) });
    expect((await manifest()).adapters[0].base.fingerprint).toBe(base.record.fingerprint);
  });

  it("is refused in the repository's words where it cannot be converted, before its weights are downloaded", async () => {
    const config = {
      ...JSON.parse(Buffer.from(peft["adapter_config.json"] ?? []).toString()),
      use_dora: true,
    };
    await serve({ files: { ...peft, "adapter_config.json": JSON.stringify(config) } });
    await expect(run()).rejects.toMatchObject({
      code: "PEFT_UNSUPPORTED",
      message: expect.stringMatching(/^hf:acme\/sql\/adapter_config\.json: "use_dora" \(true\) is DoRA/),
    });
    expect(hub.seen.some(({ url }) => url.includes("safetensors"))).toBe(false);
    await expectNothing();
  });

  it("is refused as a pickle, with the way out", async () => {
    await serve({
      files: { "adapter_config.json": peft["adapter_config.json"] ?? "", "adapter_model.bin": "PK" },
    });
    await expect(run()).rejects.toMatchObject({
      code: "PICKLE_REFUSED",
      message: expect.stringContaining("hf:acme/sql/adapter_model.bin is a Python pickle"),
    });
    await expectNothing();
  });
});

describe("an adapter in GGUF", () => {
  it("becomes a package of the very file", async () => {
    await serve({ files: { "sql-f16.gguf": gguf }, card: { license: "mit", base_model: "demo/tiny-say" } });
    await run();
    expect(await manifest()).toMatchObject({
      license: "MIT",
      adapters: [
        {
          file: "sql-f16.gguf",
          rank: 8,
          base: { name: "tiny-say v1", fingerprint: base.record.fingerprint },
          source: {
            format: "gguf",
            sha256: (await digestFile(abilityPath("v1", "upper"))).sha256,
            repository: "hf:acme/sql",
            revision: COMMIT,
          },
        },
      ],
    });
    expect((await readFile(join(parent, "upper", "sql-f16.gguf"))).equals(gguf)).toBe(true);
  });

  it("needs no base to be packed", async () => {
    await serve({ files: { "sql.gguf": gguf } });
    const { packed } = await run({ bases: [] });
    expect(packed.notes).toContain("its base is not known: name it when you publish, with --base");
    expect((await manifest()).adapters[0]).not.toHaveProperty("base");
  });

  it("is chosen by the user where there are several", async () => {
    await serve({ files: { "a.gguf": gguf, "b.gguf": gguf } });
    await expect(run()).rejects.toMatchObject({ code: "USAGE", hint: "say which one: --file a.gguf" });
    await expect(run({ file: "../b.gguf" })).rejects.toMatchObject({ code: "HUB_NOT_FOUND" });
    await expectNothing();
    await run({ file: "b.gguf" });
    expect((await manifest()).adapters[0].file).toBe("b.gguf");
  });

  it("is not a whole model: its header tells before it is downloaded", async () => {
    await serve({ files: { "model.gguf": model } });
    await expect(run()).rejects.toMatchObject({
      code: "ADAPTER_INVALID",
      message: expect.stringContaining("hf:acme/sql/model.gguf"),
    });
    await expectNothing();
  });
});

describe("a token", () => {
  it("goes to the hub alone, not to where it redirects", async () => {
    await serve({ files: { ...peft, "README.md": "x" } });
    await run({}, { HF_TOKEN: TOKEN });
    const { seen } = hub;
    expect(
      seen
        .filter(({ host }) => host === "hub")
        .every(({ authorization }) => authorization === `Bearer ${TOKEN}`),
    ).toBe(true);
    const atStorage = seen.filter(({ host }) => host === "storage");
    expect(atStorage.length).toBeGreaterThan(0);
    expect(atStorage.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it("does not go to another host that a listing names as its next page", async () => {
    await serve({ files: peft });
    hub.misbehave = (request, response, host) => {
      if (host !== "hub" || !request.url?.includes("/tree/")) return false;
      response.setHeader("link", `<${hub.storageUrl}/next>; rel="next"`);
      json(response, []);
      return true;
    };
    await expect(run({}, { HF_TOKEN: TOKEN })).rejects.toMatchObject({
      code: "HUB_PROTOCOL",
      message: `${hub.url} sends its own API's users to ${hub.storageUrl}`,
    });
    expect(hub.seen.filter(({ host }) => host === "storage")).toEqual([]);
    await expectNothing();
  });

  it("is not sent unencrypted to another machine, nor in pieces into a header", async () => {
    await serve({ files: peft });
    expect(() => hubAccess({ HF_ENDPOINT: "http://hub.example.org", HF_TOKEN: TOKEN })).toThrow(
      /is not sent to/,
    );
    expect(() => hubAccess({ HF_TOKEN: "hf_a\r\nx: y" })).toThrow(/characters that no token has/);
    expect(hubAccess({ HF_TOKEN: `${TOKEN}\n` })).toEqual({
      endpoint: "https://huggingface.co",
      token: TOKEN,
    });
    for (const text of ["file:///etc", "https://a:b@hub.example.org", "hub", "https://hub.example.org/?a=b"])
      expect(() => hubAccess({ HF_ENDPOINT: text }), text).toThrow(LoraError);
  });
});

describe("a place that is taken", () => {
  it("is left as it is", async () => {
    await serve({ files: peft });
    await writeFile(join(parent, "upper"), "mine");
    await expect(run()).rejects.toMatchObject({ code: "PROJECT_EXISTS" });
    expect(hub.seen).toEqual([]);
    expect(await readFile(join(parent, "upper"), "utf8")).toBe("mine");
  });
});

type Answer = NonNullable<TestHub["misbehave"]>;
const at =
  (part: string, answer: (response: Parameters<Answer>[1]) => unknown): Answer =>
  (request, response) => {
    if (!request.url?.includes(part)) return false;
    answer(response);
    return true;
  };
const endless = (response: Parameters<Answer>[1]) => {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
};
const weights = "safetensors";

describe("a hub", () => {
  it.each<[string, string, Answer, string | RegExp]>([
    [
      "without the repository",
      "HUB_FORBIDDEN",
      at("/api/", (r) => fail(r, 401, "RepoNotFound")),
      /does not show hf:acme\/sql: it is private, gated, or not there$/,
    ],
    [
      "without access for this account",
      "HUB_FORBIDDEN",
      at("/api/", (r) => fail(r, 403, "GatedRepo")),
      /does not let this account read hf:acme\/sql$/,
    ],
    [
      "with a gated file",
      "HUB_FORBIDDEN",
      at("adapter_config", (r) => fail(r, 403, "GatedRepo")),
      /does not let this account read/,
    ],
    [
      "without the revision",
      "HUB_NOT_FOUND",
      at("/revision/", (r) => fail(r, 404, "RevisionNotFound")),
      /has no hf:acme\/sql$/,
    ],
    [
      "without a file that it lists",
      "HUB_NOT_FOUND",
      at(weights, (r) => fail(r, 404, "EntryNotFound")),
      /has no hf:acme\/sql@0123/,
    ],
    ["that is broken", "HUB_UNREACHABLE", at("/api/", (r) => fail(r, 500, "")), /answers 500$/],
    ["that asks for patience", "HUB_UNREACHABLE", at("/tree/", (r) => fail(r, 429, "")), /answers 429$/],
    [
      "that is a teapot",
      "HUB_PROTOCOL",
      at("/api/", (r) => fail(r, 418, "")),
      /answers 418 for hf:acme\/sql$/,
    ],
    [
      "that does not answer in JSON",
      "HUB_PROTOCOL",
      at("/revision/", (r) => r.end("<html>")),
      /does not answer as its API says/,
    ],
    [
      "that answers with null",
      "HUB_PROTOCOL",
      at("/revision/", (r) => json(r, null)),
      /does not answer as its API says/,
    ],
    [
      "that has a path for a commit",
      "HUB_PROTOCOL",
      at("/revision/", (r) => json(r, { sha: "../../../etc" })),
      /does not answer as its API says/,
    ],
    [
      "that lists no list",
      "HUB_PROTOCOL",
      at("/tree/", (r) => json(r, { path: "x" })),
      /does not answer as its API says/,
    ],
    [
      "that lists strange sizes",
      "HUB_PROTOCOL",
      at("/tree/", (r) => json(r, [{ type: "file", path: "a", size: -1 }])),
      /does not answer as its API says/,
    ],
    ["that lists nothing", "HUB_NOT_FOUND", at("/tree/", (r) => json(r, [])), /has no adapter at its top/],
    ["that closes the connection", "HUB_UNREACHABLE", at("/api/", (r) => r.destroy()), /does not answer$/],
    [
      "whose answer never ends",
      "HUB_PROTOCOL",
      at("/revision/", endless),
      /sends more than 8388608 bytes in one answer$/,
    ],
    ["whose listing never ends", "HUB_PROTOCOL", at("/tree/", endless), /sends more than 8388608 bytes/],
    [
      "whose refusal never ends",
      "HUB_PROTOCOL",
      at("/tree/", (r) => endless(r.writeHead(500))),
      /sends more than 8388608 bytes/,
    ],
    [
      "whose file never ends",
      "SIZE_MISMATCH",
      at(weights, endless),
      /is longer than the \d+ bytes that the hub lists$/,
    ],
    ["whose small file never ends", "SIZE_MISMATCH", at("adapter_config", endless), /is longer than/],
    [
      "whose file is cut off",
      "SIZE_MISMATCH",
      at(weights, (r) => r.end("short")),
      /is shorter than the \d+ bytes/,
    ],
    ["whose file is empty", "SIZE_MISMATCH", at(weights, (r) => r.writeHead(204).end()), /is shorter than/],
    [
      "whose small file is another",
      "DIGEST_MISMATCH",
      at("adapter_config", (r) => r.end(Buffer.alloc(peft["adapter_config.json"]?.length ?? 0, 0x20))),
      /is not what the hub lists under that name$/,
    ],
    [
      "whose large file is another",
      "DIGEST_MISMATCH",
      at(weights, (r) => r.end(Buffer.alloc(peft["adapter_model.safetensors"]?.length ?? 0))),
      /is not what the hub lists/,
    ],
    [
      "that redirects in circles",
      "HUB_UNREACHABLE",
      (request, response) => {
        response.writeHead(302, { location: request.url ?? "/" }).end();
        return true;
      },
      /does not answer$/,
    ],
  ])("%s is told from one that works: %s", async (_, code, misbehave, message) => {
    await serve({ files: peft });
    hub.misbehave = misbehave;
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    // What the hub wrote into its errors is not repeated.
    expect((error as LoraError).message).not.toContain("\u001b");
    await expectNothing();
  });

  it("that falls silent is given up", async () => {
    await serve({ files: peft });
    for (const part of ["/api/", weights]) {
      hub.misbehave = at(part, (response) => {
        if (part === weights) response.writeHead(200).write("x");
      });
      await expect(run({}, {}, 100)).rejects.toMatchObject({
        code: "HUB_UNREACHABLE",
        message: `${hub.url} was silent for 0.1 s`,
      });
      await expectNothing();
    }
  });

  it("that has another page for ever is given up", async () => {
    await serve({ files: peft });
    hub.misbehave = (request, response) => {
      if (!request.url?.includes("/tree/")) return false;
      response.setHeader("link", `<${hub.url}${request.url}>; rel="next"`);
      json(response, []);
      return true;
    };
    await expect(run()).rejects.toMatchObject({
      code: "HUB_PROTOCOL",
      message: expect.stringContaining("more than 200 requests"),
    });
    await expectNothing();
  });

  it("that breaks off once is asked again", async () => {
    await serve({ files: peft });
    let broken = false;
    hub.misbehave = (_, response, host) => {
      if (host !== "storage" || broken) return false;
      broken = true;
      response.writeHead(200, { "content-length": 100_000 }).write("x", () => response.destroy());
      return true;
    };
    const { downloadedBytes } = await run();
    expect(downloadedBytes).toBe(Object.values(peft).reduce((sum, { length }) => sum + length, 0));
    expect(broken).toBe(true);
  });

  it("that lists a terabyte is not asked for it", async () => {
    await serve({
      files: peft,
      list: (entry) =>
        entry.path === "adapter_model.safetensors"
          ? { ...entry, lfs: { oid: "a".repeat(64), size: 2 ** 40, pointerSize: 1 } }
          : entry,
    });
    await expect(run()).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    expect(hub.seen.some(({ url }) => url.includes("/resolve/"))).toBe(false);
    await expectNothing();
  });

  it("that lists names with paths in them is not followed", async () => {
    const oid = "e".repeat(40);
    const names = [
      "../evil.gguf",
      "/etc/evil.gguf",
      "..\\evil.gguf",
      "a\u0000.gguf",
      "C:evil.gguf",
      "con.gguf",
      ".hidden.gguf",
      "x\u001b[2J.gguf",
    ];
    await serve({ files: {}, extraEntries: names.map((path) => ({ type: "file", path, size: 3, oid })) });
    await expect(run()).rejects.toMatchObject({ code: "HUB_NOT_FOUND" });
    for (const file of names) await expect(run({ file })).rejects.toMatchObject({ code: "HUB_NOT_FOUND" });
    expect(hub.seen.some(({ url }) => url.includes("/resolve/"))).toBe(false);
    await expectNothing();
  });
});

describe("a reference", () => {
  it.each([
    "acme/sql",
    "hf:acme",
    "hf:acme/sql/x",
    "hf:../sql",
    "hf:acme/..",
    "hf:acme/sql@",
    "hf:acme/sql@../x",
    "hf:acme/sql@a//b",
    "hf:acme/sql@a b",
    "hf:acme/s?l",
    "hf:acme/sql@a\n",
    "hf:acme/sql#x",
    "hf:-a/b",
  ])("is none: %j", async (text) => {
    await serve({ files: {} });
    expect(() => parseHubReference(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  it("has a repository, and a revision if one was given", async () => {
    await serve({ files: {} });
    expect(parseHubReference("hf:acme/sql-1.0_b")).toEqual({
      repository: "acme/sql-1.0_b",
      revision: undefined,
    });
    expect(parseHubReference("hf:Acme/sql@refs/pr/3")).toEqual({
      repository: "Acme/sql",
      revision: "refs/pr/3",
    });
  });
});
