// SPDX-License-Identifier: Apache-2.0
/** `lora pack` on what PEFT saved: tiny-say's abilities, whose bases are two of one name. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KnownBase } from "../base-source/index.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/index.ts";
import { fingerprintFile } from "../install/model.ts";
import { parsePackageName } from "../names.ts";
import { digestFile, type PackRequest, packPackage } from "./index.ts";

const fixture = join(import.meta.dirname, "../../../../test/fixtures/tiny-say");
const name = parsePackageName("@demo/upper");

async function knownBase(version: "v1" | "v2", called: string, named = true): Promise<KnownBase> {
  const path = join(fixture, version, "base-q4_0.gguf");
  const { record, quantization, warnings } = await fingerprintFile(path);
  return { origin: { kind: "file", path }, record, name: called, named, quantization, warnings };
}

let v1: KnownBase;
let v2: KnownBase;
let directory: string;
beforeAll(async () => {
  [v1, v2] = [await knownBase("v1", "tiny-say v1"), await knownBase("v2", "tiny-say v2")];
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-pack-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const put = (version: "v1" | "v2", ability: string, to = ".") =>
  cp(join(fixture, version, ability), join(directory, to), { recursive: true });
const pack = (request: Partial<PackRequest> = {}) =>
  packPackage({ directory, name, bases: [v1], ...request });
const read = (file: string) => readFile(join(directory, file), "utf8");
const manifest = async () => JSON.parse(await read("lora.json"));
/** Names with digests and times: equal when nothing was even touched. */
async function state(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of await readdir(directory, { recursive: true })) {
    const path = join(directory, file);
    const { mtimeNs, ino } = await stat(path, { bigint: true });
    if ((await stat(path)).isFile()) found[file] = `${(await digestFile(path)).sha256} ${mtimeNs} ${ino}`;
    else found[file] = "directory";
  }
  return found;
}

/** As another run of the training would leave it. */
async function trainAgain(part = "."): Promise<void> {
  const path = join(directory, part, "adapter_model.safetensors");
  await using source = await openFileSource(path);
  const { tensors } = await readSafetensors(source);
  const changed = await Promise.all(
    [...tensors.values()].map(async ({ name, dtype, shape, offset, sizeBytes }) => ({
      name,
      dtype,
      shape,
      data: (await source.read(offset, sizeBytes)).map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
    })),
  );
  await writeFile(path, writeSafetensors({ tensors: changed }));
}

describe("a directory that PEFT saved", () => {
  it("becomes a package that says what the files say", async () => {
    await put("v1", "upper");
    const { converted, wroteReadme, notes } = await pack();
    const weights = await digestFile(join(directory, "adapter_model.safetensors"));
    expect(await manifest()).toEqual({
      name: "@demo/upper",
      version: "0.1.0",
      adapters: [
        {
          file: "tiny-say-v1.r8.gguf",
          format: "gguf",
          source: { format: "peft", sha256: weights.sha256 },
          rank: 8,
          alpha: 16,
          targets: ["attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up"],
          base: { name: "tiny-say v1", fingerprint: v1.record.fingerprint },
        },
      ],
      readme: "README.md",
    });
    expect(converted).toMatchObject([{ part: ".", file: "tiny-say-v1.r8.gguf", type: "F16", isNew: true }]);
    expect(wroteReadme).toBe(true);
    expect(notes).toEqual([]);
    expect(await read("README.md")).toContain("| `tiny-say-v1.r8.gguf` | tiny-say v1 | 8 | 16 |");
    expect((await readdir(directory)).sort()).toEqual([
      "README.md",
      "adapter_config.json",
      "adapter_model.safetensors",
      "lora.json",
      "tiny-say-v1.r8.gguf",
    ]);
  });

  it("is called by the base's name on a hub where the user gave none", async () => {
    await put("v1", "upper");
    await pack({ bases: [await knownBase("v1", "Tiny Say of the file", false)] });
    expect((await manifest()).adapters[0].base.name).toBe("demo/tiny-say");
    expect(await readdir(directory)).toContain("tiny-say.r8.gguf");
  });

  it("is left as it is by a second pack, also in the type of the first, and where its base is not at hand", async () => {
    await put("v1", "upper");
    await pack({ type: "Q8_0" });
    const before = await state();
    const again = await pack();
    expect(again.filled).toEqual([]);
    expect(again.converted).toMatchObject([{ type: "Q8_0", isNew: false }]);
    const without = await pack({ bases: [] });
    expect(without.notes).toEqual([
      "tiny-say-v1.r8.gguf was not converted anew: its weights are the same, and its base is not at hand",
    ]);
    const known = await pack({
      bases: [],
      findBase: async (asked) => (asked === v1.record.fingerprint ? v1 : undefined),
    });
    expect(known.converted).toMatchObject([{ isNew: false }]);
    expect(await state()).toEqual(before);
  });

  it("writes nothing in a dry run", async () => {
    await put("v1", "upper");
    const before = await state();
    expect((await pack({ dryRun: true })).converted).toHaveLength(1);
    expect(await state()).toEqual(before);
  });

  it("gets its base from the registry by the name in its config", async () => {
    await put("v1", "upper");
    const asked: string[] = [];
    await pack({
      bases: [],
      findBase: async (wanted) => {
        asked.push(wanted);
        return { ...v1, name: "demo/tiny-say", named: false };
      },
    });
    expect(asked).toEqual(["demo/tiny-say"]);
    expect((await manifest()).adapters[0].base.fingerprint).toBe(v1.record.fingerprint);
  });

  it("says what is missing where the registry does not know its base, or does not answer", async () => {
    await put("v1", "upper");
    const silent = async () => {
      throw new LoraError("REGISTRY_UNREACHABLE", "no answer");
    };
    for (const [findBase, why] of [
      [async () => undefined, "which the registry does not know"],
      [silent, "and the registry does not answer"],
    ] as const)
      await expect(pack({ bases: [], findBase })).rejects.toMatchObject({
        code: "BASE_UNKNOWN",
        message: `${directory} was trained on "demo/tiny-say", ${why}`,
        hint: "name the base's file or directory: --base FILE",
      });
    await pack();
    expect((await pack({ bases: [], findBase: silent })).converted).toEqual([]);
  });

  it("never has a path of another machine looked up as a name", async () => {
    await put("v1", "upper");
    const config = JSON.parse(await read("adapter_config.json"));
    for (const path of [
      "/data/models/base",
      "../../base",
      "C:\\models\\base",
      "https://example.org/base",
      "a\u001b[2J",
    ]) {
      await writeFile(
        join(directory, "adapter_config.json"),
        JSON.stringify({ ...config, base_model_name_or_path: path }),
      );
      const before = await state();
      await expect(
        pack({
          bases: [],
          findBase: async () => {
            throw new Error("was looked up");
          },
        }),
      ).rejects.toMatchObject({ code: "BASE_UNKNOWN", hint: expect.stringContaining("--base FILE") });
      expect(await state()).toEqual(before);
    }
  });

  it("keeps what its author wrote: values and layout of lora.json, a README, a licence", async () => {
    await put("v1", "upper");
    await writeFile(join(directory, "README.md"), "---\nlicense: mit\n---\n\nMy own.\n");
    const written = `{\n    "name": "@demo/upper", "version": "3.1.4",\n    "description": "Shouts", "license": "CC0-1.0",\n    "adapters": [{"file": "mine.gguf", "base": {"name": "My Base"}}]\n}\n`;
    await writeFile(join(directory, "lora.json"), written);
    await pack();
    expect(await read("README.md")).toBe("---\nlicense: mit\n---\n\nMy own.\n");
    expect(await read("lora.json")).toContain(
      '"name": "@demo/upper", "version": "3.1.4",\n    "description": "Shouts", "license": "CC0-1.0",',
    );
    expect((await manifest()).adapters).toMatchObject([
      { file: "mine.gguf", rank: 8, base: { name: "My Base", fingerprint: v1.record.fingerprint } },
    ]);
    expect(await readdir(directory)).toContain("mine.gguf");
  });

  it("has the licence of its model card, and a note where the card is still PEFT's template", async () => {
    await put("v1", "upper");
    await writeFile(
      join(directory, "README.md"),
      "---\nbase_model: x\nlicense: apache-2.0\n---\n\n# Model Card\n\n[More Information Needed]\n",
    );
    const { notes, wroteReadme } = await pack();
    expect((await manifest()).license).toBe("Apache-2.0");
    expect(wroteReadme).toBe(false);
    expect(notes).toEqual(['README.md still has places with "[More Information Needed]"']);
  });

  it("leaves out the checkpoints of its training, and says so", async () => {
    await put("v1", "upper");
    await put("v1", "shout", "checkpoint-100");
    const { converted, notes } = await pack();
    expect(converted).toHaveLength(1);
    expect(notes).toEqual([`left out checkpoint-100: ${directory} is an adapter itself`]);
  });

  it("is converted anew after another training, with all that was read from the old one", async () => {
    await put("v1", "upper");
    await pack();
    const old = await manifest();
    await trainAgain();
    const config = JSON.parse(await read("adapter_config.json"));
    await writeFile(join(directory, "adapter_config.json"), JSON.stringify({ ...config, lora_alpha: 32 }));
    const { converted } = await pack();
    expect(converted).toMatchObject([{ isNew: true }]);
    const { adapters } = await manifest();
    expect(adapters).toHaveLength(1);
    expect(adapters[0].alpha).toBe(32);
    expect(adapters[0].source.sha256).not.toBe(old.adapters[0].source.sha256);
  });

  it("does not replace a file that is no conversion of it", async () => {
    await put("v1", "upper");
    await cp(join(fixture, "v1/shout.gguf"), join(directory, "tiny-say-v1.r8.gguf"));
    const before = await state();
    await expect(pack()).rejects.toMatchObject({
      code: "ADAPTER_MISMATCH",
      message: expect.stringContaining("is there already, and is not what"),
    });
    expect(await state()).toEqual(before);
  });

  it("goes on where a crash left the converted file without lora.json", async () => {
    await put("v1", "upper");
    await pack();
    const before = await manifest();
    await rm(join(directory, "lora.json"));
    expect((await pack()).converted).toMatchObject([{ isNew: false }]);
    expect((await manifest()).adapters).toEqual(
      before.adapters.map((entry: object) => expect.objectContaining(entry)),
    );
  });

  it("refuses another base than the one that lora.json says", async () => {
    await put("v1", "upper");
    await pack();
    const before = await state();
    await expect(pack({ bases: [v2] })).rejects.toMatchObject({ code: "ADAPTER_MISMATCH" });
    expect(await state()).toEqual(before);
  });

  it("fills in a lora.json that has no adapters yet", async () => {
    await put("v1", "upper");
    await writeFile(
      join(directory, "lora.json"),
      '{"name": "@demo/upper", "version": "1.0.0", "license": "MIT"}',
    );
    await pack({ name: undefined });
    expect(await manifest()).toMatchObject({ license: "MIT", adapters: [{ file: "tiny-say-v1.r8.gguf" }] });
  });
});

describe("several directories that PEFT saved", () => {
  beforeEach(async () => {
    await put("v1", "upper", "tiny-say v1");
    await put("v2", "upper", "tiny-say v2");
  });

  it("become adapters of one version, each for the base that its directory is called after", async () => {
    const { converted } = await pack({ bases: [v1, v2] });
    expect(converted.map(({ part, file }) => [part, file])).toEqual([
      ["tiny-say v1", "tiny-say-v1.r8.gguf"],
      ["tiny-say v2", "tiny-say-v2.r8.gguf"],
    ]);
    expect((await manifest()).adapters).toMatchObject([
      { base: { fingerprint: v1.record.fingerprint } },
      { base: { fingerprint: v2.record.fingerprint } },
    ]);
    const before = await state();
    await pack({ bases: [v1, v2] });
    expect(await state()).toEqual(before);
  });

  it("get names of their own where their bases have one name", async () => {
    const [one, other] = [
      { ...v1, name: "tiny-say v1", named: false },
      { ...v2, name: "tiny-say v2", named: false },
    ];
    await pack({ bases: [one, other] });
    expect((await readdir(directory)).filter((file) => file.endsWith(".gguf"))).toEqual([
      `tiny-say.r8.${v2.record.fingerprint.slice(5, 13)}.gguf`,
      "tiny-say.r8.gguf",
    ]);
  });

  it("are refused whole where one of them is, and where nothing says which base is whose", async () => {
    const before = await state();
    await expect(
      pack({ bases: [await knownBase("v1", "one"), await knownBase("v2", "other")] }),
    ).rejects.toMatchObject({
      code: "BASE_UNKNOWN",
      message:
        'tiny-say v1 was trained on "demo/tiny-say", and which of "one", "other" that is, nothing says',
      hint: "say which it is: --base 'tiny-say v1=FILE'",
    });
    await writeFile(join(directory, "tiny-say v2", "adapter_model.safetensors"), "broken");
    const broken = await state();
    await expect(pack({ bases: [v1, v2] })).rejects.toMatchObject({ code: "SAFETENSORS_INVALID" });
    expect(await state()).toEqual(broken);
    expect(Object.keys(broken)).toEqual(Object.keys(before));
  });

  it("are refused where two are for one base and rank", async () => {
    await put("v1", "upper", "zz");
    const before = await state();
    await expect(pack({ bases: [v1, v2, { ...v1, name: "zz" }] })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("tiny-say v1 and zz are both of rank 8 for zz"),
    });
    expect(await state()).toEqual(before);
  });

  it("say so when one of them is gone", async () => {
    await pack({ bases: [v1, v2] });
    await rm(join(directory, "tiny-say v2"), { recursive: true });
    const { notes } = await pack({ bases: [v1] });
    expect(notes).toEqual([
      "tiny-say-v2.r8.gguf was converted from weights that are not here any more; delete it from lora.json if it is old",
    ]);
  });

  it("are not looked for behind links and hidden names", async () => {
    await mkdir(join(directory, "only"));
    await symlink(join(directory, "tiny-say v1"), join(directory, "only", "link"));
    await cp(join(directory, "tiny-say v1"), join(directory, "only", ".cache"), { recursive: true });
    await expect(pack({ directory: join(directory, "only") })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
  });
});

describe("pickles", () => {
  it.each([
    ["in a directory of PEFT's", true, "adapter_model.bin"],
    ["alone", false, "adapter_model.pt"],
  ])("are refused with the way out: %s", async (_, withConfig, file) => {
    if (withConfig) {
      await put("v1", "upper");
      await rm(join(directory, "adapter_model.safetensors"));
    }
    await writeFile(join(directory, file), "PK\u0003\u0004");
    const before = await state();
    await expect(pack()).rejects.toMatchObject({
      code: "PICKLE_REFUSED",
      hint: expect.stringContaining("write it as safetensors"),
    });
    expect(await state()).toEqual(before);
  });
});
