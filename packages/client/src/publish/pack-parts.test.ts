// SPDX-License-Identifier: Apache-2.0
/** `lora pack` on several adapters that PEFT saved, for bases of one name, and on what is none. */
import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { knownBase, useSavedAdapters } from "./saved-adapters.test.support.ts";

const saved = useSavedAdapters();
const { put, pack, manifest, state } = saved;

describe("several directories that PEFT saved", () => {
  beforeEach(async () => {
    await put("v1", "upper", "tiny-say v1");
    await put("v2", "upper", "tiny-say v2");
  });

  it("become adapters of one version, each for the base that its directory is called after", async () => {
    const { converted } = await pack({ bases: [saved.v1, saved.v2] });
    expect(converted.map(({ part, file }) => [part, file])).toEqual([
      ["tiny-say v1", "tiny-say-v1.r8.gguf"],
      ["tiny-say v2", "tiny-say-v2.r8.gguf"],
    ]);
    expect((await manifest()).adapters).toMatchObject([
      { base: { fingerprint: saved.v1.record.fingerprint } },
      { base: { fingerprint: saved.v2.record.fingerprint } },
    ]);
    const before = await state();
    await pack({ bases: [saved.v1, saved.v2] });
    expect(await state()).toEqual(before);
  });

  it("get names of their own where their bases have one name", async () => {
    const [one, other] = [
      { ...saved.v1, name: "tiny-say v1", named: false },
      { ...saved.v2, name: "tiny-say v2", named: false },
    ];
    await pack({ bases: [one, other] });
    expect((await readdir(saved.directory)).filter((file) => file.endsWith(".gguf"))).toEqual([
      `tiny-say.r8.${saved.v2.record.fingerprint.slice(5, 13)}.gguf`,
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
    await writeFile(join(saved.directory, "tiny-say v2", "adapter_model.safetensors"), "broken");
    const broken = await state();
    await expect(pack({ bases: [saved.v1, saved.v2] })).rejects.toMatchObject({
      code: "SAFETENSORS_INVALID",
    });
    expect(await state()).toEqual(broken);
    expect(Object.keys(broken)).toEqual(Object.keys(before));
  });

  it("are refused where two are for one base and rank", async () => {
    await put("v1", "upper", "zz");
    const before = await state();
    await expect(pack({ bases: [saved.v1, saved.v2, { ...saved.v1, name: "zz" }] })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("tiny-say v1 and zz are both of rank 8 for zz"),
    });
    expect(await state()).toEqual(before);
  });

  it("say so when one of them is gone", async () => {
    await pack({ bases: [saved.v1, saved.v2] });
    await rm(join(saved.directory, "tiny-say v2"), { recursive: true });
    const { notes } = await pack({ bases: [saved.v1] });
    expect(notes).toEqual([
      "tiny-say-v2.r8.gguf was converted from weights that are not here any more; delete it from lora.json if it is old",
    ]);
  });

  it("are not looked for behind links and hidden names", async () => {
    await mkdir(join(saved.directory, "only"));
    await symlink(join(saved.directory, "tiny-say v1"), join(saved.directory, "only", "link"));
    await cp(join(saved.directory, "tiny-say v1"), join(saved.directory, "only", ".cache"), {
      recursive: true,
    });
    await expect(pack({ directory: join(saved.directory, "only") })).rejects.toMatchObject({
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
      await rm(join(saved.directory, "adapter_model.safetensors"));
    }
    await writeFile(join(saved.directory, file), "PK\u0003\u0004");
    const before = await state();
    await expect(pack()).rejects.toMatchObject({
      code: "PICKLE_REFUSED",
      hint: expect.stringContaining("write it as safetensors"),
    });
    expect(await state()).toEqual(before);
  });
});
