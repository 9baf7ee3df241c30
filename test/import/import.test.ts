// SPDX-License-Identifier: Apache-2.0
/** Adapters from a hub, and what becomes of them. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseHubReference } from "@lora/client/hub";
import { digestFile } from "@lora/client/publish";
import { describe, expect, it } from "vitest";
import { COMMIT, fail } from "../support/hub.ts";
import { useImports } from "../support/imports.ts";
import { abilityPath, peftPath } from "../support/tiny-say.ts";

const imports = useImports();
const { serve, run, manifest, expectNothing } = imports;

describe("an adapter that PEFT saved", () => {
  it("becomes a package that keeps repository, commit and licence", async () => {
    await serve({ files: { ...imports.peft, "README.md": "# SQL\n" }, card: { license: "apache-2.0" } });
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
          base: { name: "tiny-say v1", fingerprint: imports.base.record.fingerprint },
        },
      ],
    });
    expect(packed.notes).toEqual([]);
    expect(await readdir(imports.parent)).toEqual(["upper"]);
    expect((await readdir(join(imports.parent, "upper"))).sort()).toEqual([
      "README.md",
      "lora.json",
      "tiny-say-v1.r8.gguf",
    ]);
    expect(await readFile(join(imports.parent, "upper", "README.md"), "utf8")).toBe("# SQL\n");
  });

  it("gets a README where the repository has none, and a note where it names no licence", async () => {
    await serve({ files: imports.peft, card: { license: "other" } });
    const { packed } = await run();
    expect(packed.notes).toEqual(["hf:acme/sql names no licence that lora.json could take over"]);
    expect(await readFile(join(imports.parent, "upper", "README.md"), "utf8")).toContain("tiny-say v1");
  });

  it("is asked for by the commit that a revision is, and nothing else of the repository is", async () => {
    await serve({
      files: {
        ...imports.peft,
        "optimizer.pt": "pickle",
        "training_args.bin": "pickle",
        "tokenizer.json": "{}",
      },
      revisions: ["refs/pr/3"],
    });
    await run({ from: "hf:acme/sql@refs/pr/3" });
    expect(imports.hub.seen.filter(({ url }) => url.includes("/resolve/")).map(({ url }) => url)).toEqual([
      `/acme/sql/resolve/${COMMIT}/adapter_config.json`,
      `/acme/sql/resolve/${COMMIT}/adapter_model.safetensors`,
    ]);
  });

  it("is not downloaded where its base is not known", async () => {
    await serve({ files: imports.peft });
    await expect(run({ bases: [], findBase: async () => undefined })).rejects.toMatchObject({
      code: "BASE_UNKNOWN",
      message: 'hf:acme/sql was trained on "demo/tiny-say", which the registry does not know',
    });
    expect(imports.hub.seen.some(({ url }) => url.includes("safetensors"))).toBe(false);
    await expectNothing();
  });

  it("gets its base from the registry", async () => {
    await serve({ files: imports.peft });
    await run({
      bases: [],
      findBase: async (wanted) => (wanted === "demo/tiny-say" ? imports.base : undefined),
    });
    expect((await manifest()).adapters[0].base.fingerprint).toBe(imports.base.record.fingerprint);
  });

  it("is refused in the repository's words where it cannot be converted, before its weights are downloaded", async () => {
    const config = {
      ...JSON.parse(Buffer.from(imports.peft["adapter_config.json"] ?? []).toString()),
      use_dora: true,
    };
    await serve({ files: { ...imports.peft, "adapter_config.json": JSON.stringify(config) } });
    await expect(run()).rejects.toMatchObject({
      code: "PEFT_UNSUPPORTED",
      message: expect.stringMatching(/^hf:acme\/sql\/adapter_config\.json: "use_dora" \(true\) is DoRA/),
    });
    expect(imports.hub.seen.some(({ url }) => url.includes("safetensors"))).toBe(false);
    await expectNothing();
  });

  it("is refused as a pickle, with the way out", async () => {
    await serve({
      files: { "adapter_config.json": imports.peft["adapter_config.json"] ?? "", "adapter_model.bin": "PK" },
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
    await serve({
      files: { "sql-f16.gguf": imports.gguf },
      card: { license: "mit", base_model: "demo/tiny-say" },
    });
    await run();
    expect(await manifest()).toMatchObject({
      license: "MIT",
      adapters: [
        {
          file: "sql-f16.gguf",
          rank: 8,
          base: { name: "tiny-say v1", fingerprint: imports.base.record.fingerprint },
          source: {
            format: "gguf",
            sha256: (await digestFile(abilityPath("v1", "upper"))).sha256,
            repository: "hf:acme/sql",
            revision: COMMIT,
          },
        },
      ],
    });
    expect((await readFile(join(imports.parent, "upper", "sql-f16.gguf"))).equals(imports.gguf)).toBe(true);
  });

  it("needs no base to be packed", async () => {
    await serve({ files: { "sql.gguf": imports.gguf } });
    const { packed } = await run({ bases: [] });
    expect(packed.notes).toContain("its base is not known: name it when you publish, with --base");
    expect((await manifest()).adapters[0]).not.toHaveProperty("base");
  });

  it("is chosen by the user where there are several", async () => {
    await serve({ files: { "a.gguf": imports.gguf, "b.gguf": imports.gguf } });
    await expect(run()).rejects.toMatchObject({ code: "USAGE", hint: "say which one: --file a.gguf" });
    await expect(run({ file: "../b.gguf" })).rejects.toMatchObject({ code: "HUB_NOT_FOUND" });
    await expectNothing();
    await run({ file: "b.gguf" });
    expect((await manifest()).adapters[0].file).toBe("b.gguf");
  });

  it("is neither overlooked nor renamed where no release can have a file of its name", async () => {
    await serve({ files: { "a.gguf": imports.gguf, "größer 2.gguf": imports.gguf } });
    await expect(run()).rejects.toMatchObject({ code: "USAGE", message: "hf:acme/sql has 2 GGUF files" });
    await expect(run({ file: "größer 2.gguf" })).rejects.toMatchObject({
      code: "NAME_INVALID",
      message: '"größer 2.gguf" of hf:acme/sql cannot be the name of a file in a release',
    });
    await expectNothing();
  });

  it.each<[string, number, string]>([
    ["gated", 403, "HUB_FORBIDDEN"],
    ["private", 401, "HUB_FORBIDDEN"],
    ["gone", 404, "HUB_NOT_FOUND"],
    ["on a hub that is broken", 502, "HUB_UNREACHABLE"],
  ])("is told apart where it is %s", async (_, status, code) => {
    await serve({ files: { "sql.gguf": imports.gguf } });
    imports.hub.misbehave = ({ url }, response) => {
      if (!url?.includes("/resolve/")) return false;
      fail(response, status, "");
      return true;
    };
    await expect(run()).rejects.toMatchObject({ code });
    await expectNothing();
  });

  it("is refused where the storage knows no ranges, so that its header cannot be looked into", async () => {
    await serve({ files: { "sql.gguf": imports.gguf } });
    imports.hub.misbehave = (_, response, host) => {
      if (host === "storage") response.end(imports.gguf);
      return host === "storage";
    };
    await expect(run()).rejects.toMatchObject({
      code: "HUB_PROTOCOL",
      message: expect.stringContaining("its server knows no ranges"),
    });
    await expectNothing();
  });

  it("is not a whole model: its header tells before it is downloaded", async () => {
    await serve({ files: { "model.gguf": imports.model } });
    await expect(run()).rejects.toMatchObject({
      code: "ADAPTER_INVALID",
      message: expect.stringContaining("hf:acme/sql/model.gguf"),
    });
    await expectNothing();
  });
});

describe("a place that is taken", () => {
  it("is left as it is", async () => {
    await serve({ files: imports.peft });
    await writeFile(join(imports.parent, "upper"), "mine");
    await expect(run()).rejects.toMatchObject({ code: "PROJECT_EXISTS" });
    expect(imports.hub.seen).toEqual([]);
    expect(await readFile(join(imports.parent, "upper"), "utf8")).toBe("mine");
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
    expect(() => parseHubReference(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  it("has a repository, and a revision if one was given", async () => {
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
