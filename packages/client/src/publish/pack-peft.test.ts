// SPDX-License-Identifier: Apache-2.0
/** `lora pack` on what PEFT saved. */
import { cp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { KnownBase } from "../base-source/index.ts";
import { LoraError } from "../errors.ts";
import { digestFile } from "./index.ts";
import { fixture, knownBase, useSavedAdapters } from "./saved-adapters.test.support.ts";

const saved = useSavedAdapters();
const { put, pack, read, manifest, state } = saved;

describe("a directory that PEFT saved", () => {
  it("becomes a package that says what the files say", async () => {
    await put("v1", "upper");
    const { converted, wroteReadme, notes } = await pack();
    const weights = await digestFile(join(saved.directory, "adapter_model.safetensors"));
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
          base: { name: "tiny-say v1", fingerprint: saved.v1.record.fingerprint },
        },
      ],
      readme: "README.md",
    });
    expect(converted).toMatchObject([{ part: ".", file: "tiny-say-v1.r8.gguf", type: "F16", isNew: true }]);
    expect(wroteReadme).toBe(true);
    expect(notes).toEqual([]);
    expect(await read("README.md")).toContain("| `tiny-say-v1.r8.gguf` | tiny-say v1 | 8 | 16 |");
    expect((await readdir(saved.directory)).sort()).toEqual([
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
    expect(await readdir(saved.directory)).toContain("tiny-say.r8.gguf");
  });

  it("is packed beside what else a trainer leaves there, and beside its base", async () => {
    await put("v1", "upper");
    for (const file of ["training_args.bin", "optimizer.pt"])
      await writeFile(join(saved.directory, file), "PK\u0003\u0004");
    await cp(join(fixture, "v1/base-q4_0.gguf"), join(saved.directory, "my base.gguf"));
    const { converted } = await pack();
    expect(converted).toMatchObject([{ part: ".", file: "tiny-say-v1.r8.gguf" }]);
    expect((await manifest()).adapters).toMatchObject([{ file: "tiny-say-v1.r8.gguf" }]);
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
      findBase: async (asked) => (asked === saved.v1.record.fingerprint ? saved.v1 : undefined),
    });
    expect(known.converted).toMatchObject([{ isNew: false }]);
    expect(await state()).toEqual(before);
  });

  it("writes nothing in a dry run", async () => {
    await put("v1", "upper");
    const before = await state();
    const touched = async () => (await stat(saved.directory, { bigint: true })).mtimeNs;
    const lastTouched = await touched();
    expect((await pack({ dryRun: true })).converted).toHaveLength(1);
    expect(await state()).toEqual(before);
    // Nor was anything there in between.
    expect(await touched()).toBe(lastTouched);
  });

  it("gets its base from the registry by the name in its config", async () => {
    await put("v1", "upper");
    const asked: string[] = [];
    await pack({
      bases: [],
      findBase: async (wanted) => {
        asked.push(wanted);
        return { ...saved.v1, name: "demo/tiny-say", named: false };
      },
    });
    expect(asked).toEqual(["demo/tiny-say"]);
    expect((await manifest()).adapters[0].base.fingerprint).toBe(saved.v1.record.fingerprint);
  });

  it("says under which name the registry knows its base, also where the user has another", async () => {
    await put("v1", "upper");
    const base: KnownBase = {
      ...saved.v1,
      origin: { kind: "registry", url: "https://registry.example.org" },
      record: { ...saved.v1.record, names: ["demo/tiny-say"] },
      name: "mine",
    };
    const { notes, converted } = await pack({ bases: [base] });
    expect(converted).toMatchObject([{ name: "mine" }]);
    expect(notes).toEqual([expect.stringContaining("is for what the registry calls demo/tiny-say, lfp1:")]);
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
        message: `${saved.directory} was trained on "demo/tiny-say", ${why}`,
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
        join(saved.directory, "adapter_config.json"),
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
    await writeFile(join(saved.directory, "README.md"), "---\nlicense: mit\n---\n\nMy own.\n");
    const written = `{\n    "name": "@demo/upper", "version": "3.1.4",\n    "description": "Shouts", "license": "CC0-1.0",\n    "adapters": [{"file": "mine.gguf", "base": {"name": "My Base"}}]\n}\n`;
    await writeFile(join(saved.directory, "lora.json"), written);
    await pack();
    expect(await read("README.md")).toBe("---\nlicense: mit\n---\n\nMy own.\n");
    expect(await read("lora.json")).toContain(
      '"name": "@demo/upper", "version": "3.1.4",\n    "description": "Shouts", "license": "CC0-1.0",',
    );
    expect((await manifest()).adapters).toMatchObject([
      { file: "mine.gguf", rank: 8, base: { name: "My Base", fingerprint: saved.v1.record.fingerprint } },
    ]);
    expect(await readdir(saved.directory)).toContain("mine.gguf");
  });

  it("has the licence of its model card, and a note where the card is still PEFT's template", async () => {
    await put("v1", "upper");
    await writeFile(
      join(saved.directory, "README.md"),
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
    expect(notes).toEqual([`left out checkpoint-100: ${saved.directory} is an adapter itself`]);
  });

  it("is converted anew after another training, with all that was read from the old one", async () => {
    await put("v1", "upper");
    await pack();
    const old = await manifest();
    await saved.trainAgain();
    const config = JSON.parse(await read("adapter_config.json"));
    await writeFile(
      join(saved.directory, "adapter_config.json"),
      JSON.stringify({ ...config, lora_alpha: 32 }),
    );
    const { converted } = await pack();
    expect(converted).toMatchObject([{ isNew: true }]);
    const { adapters } = await manifest();
    expect(adapters).toHaveLength(1);
    expect(adapters[0].alpha).toBe(32);
    expect(adapters[0].source.sha256).not.toBe(old.adapters[0].source.sha256);
  });

  it("does not replace a file that is no conversion of it", async () => {
    await put("v1", "upper");
    await cp(join(fixture, "v1/shout.gguf"), join(saved.directory, "tiny-say-v1.r8.gguf"));
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
    await rm(join(saved.directory, "lora.json"));
    expect((await pack()).converted).toMatchObject([{ isNew: false }]);
    expect((await manifest()).adapters).toEqual(
      before.adapters.map((entry: object) => expect.objectContaining(entry)),
    );
  });

  it("refuses another base than the one that lora.json says", async () => {
    await put("v1", "upper");
    await pack();
    const before = await state();
    await expect(pack({ bases: [saved.v2] })).rejects.toMatchObject({ code: "ADAPTER_MISMATCH" });
    expect(await state()).toEqual(before);
  });

  it("fills in a lora.json that has no adapters yet", async () => {
    await put("v1", "upper");
    await writeFile(
      join(saved.directory, "lora.json"),
      '{"name": "@demo/upper", "version": "1.0.0", "license": "MIT"}',
    );
    await pack({ name: undefined });
    expect(await manifest()).toMatchObject({ license: "MIT", adapters: [{ file: "tiny-say-v1.r8.gguf" }] });
  });
});
