// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_CONFIG_BYTES } from "../convert/index.ts";
import {
  configOf,
  convert,
  loraTensors,
  peftConfig,
  randomPairs,
  SMALL_BASES,
  type SmallBase,
  weightsOf,
} from "../convert/peft.test.support.ts";
import { writeSafetensors } from "../formats/safetensors/index.ts";
import { convertPeftDirectory, isPeftDirectory, readPeftDirectory } from "./index.ts";

const BASE = SMALL_BASES.llama as SmallBase;
const base = { config: configOf(BASE) };
const tensors = loraTensors(randomPairs(BASE, 4));
const broken = loraTensors({
  ...randomPairs(BASE, 4),
  // The last of the output.
  "model.layers.1.mlp.up_proj": { a: [[Number.NaN]], b: [[1]] },
}).map((tensor) => (tensor.shape[0] === 1 ? { ...tensor, ...lastTensor(tensor.name) } : tensor));

function lastTensor(name: string) {
  const isA = name.includes("lora_A");
  return {
    shape: isA ? [4, 64] : [160, 4],
    data: new Uint8Array(4 * 4 * (isA ? 64 : 160)).fill(isA ? 0 : 0xff),
  };
}

let directory: string;
let outputPath: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-peft-"));
  outputPath = join(directory, "adapter.gguf");
  await writeFile(
    join(directory, "adapter_config.json"),
    peftConfig({ base_model_name_or_path: "acme/base" }),
  );
  await writeFile(join(directory, "adapter_model.safetensors"), writeSafetensors({ tensors }));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("convertPeftDirectory", () => {
  it("writes what convertPeft gives, and tells how far it is", async () => {
    let written = 0;
    const outcome = await convertPeftDirectory(directory, {
      base,
      outputPath,
      type: "F32",
      onBytes: (bytes) => {
        written += bytes;
      },
    });
    const { bytes } = await convert({ config: peftConfig(), weights: weightsOf(tensors), base, type: "F32" });
    expect((await readFile(outputPath)).equals(bytes)).toBe(true);
    expect(written).toBe(bytes.length);
    expect(outcome).toMatchObject({
      sizeBytes: bytes.length,
      type: "F32",
      config: { baseName: "acme/base" },
      adapter: { architecture: "llama", rank: 4, alpha: 8 },
    });
    expect(await readdir(directory)).toEqual([
      "adapter.gguf",
      "adapter_config.json",
      "adapter_model.safetensors",
    ]);
  });

  it("replaces a file as a whole", async () => {
    await writeFile(outputPath, "old");
    await convertPeftDirectory(directory, { base, outputPath });
    expect((await readFile(outputPath)).subarray(0, 4).toString()).toBe("GGUF");
  });

  it("keeps what was there when the last tensor turns out to be broken", async () => {
    await writeFile(outputPath, "old");
    await writeFile(join(directory, "adapter_model.safetensors"), writeSafetensors({ tensors: broken }));
    await expect(convertPeftDirectory(directory, { base, outputPath })).rejects.toMatchObject({
      code: "PEFT_INVALID",
      message: expect.stringContaining("model.layers.1.mlp.up_proj.lora_B"),
    });
    expect(await readFile(outputPath, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual([
      "adapter.gguf",
      "adapter_config.json",
      "adapter_model.safetensors",
    ]);
  });

  it.each(["adapter_config.json", "adapter_model.safetensors"])("does not overwrite %s", async (name) => {
    const before = await readFile(join(directory, name));
    await expect(
      convertPeftDirectory(directory, { base, outputPath: join(directory, "x", "..", name) }),
    ).rejects.toMatchObject({ code: "USAGE" });
    expect((await readFile(join(directory, name))).equals(before)).toBe(true);
  });

  it("names a directory that is not there, for input and output", async () => {
    const missing = join(directory, "missing");
    await expect(convertPeftDirectory(missing, { base, outputPath })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining(missing),
    });
    await expect(
      convertPeftDirectory(directory, { base, outputPath: join(missing, "adapter.gguf") }),
    ).rejects.toMatchObject({ code: "FILE_NOT_FOUND", message: `there is no directory ${missing}` });
  });
});

describe("readPeftDirectory", () => {
  it("says which base an adapter names, before anything is converted", async () => {
    expect(await readPeftDirectory(directory)).toMatchObject({
      config: { baseName: "acme/base", rank: 4, alpha: 8 },
      weightsPath: join(directory, "adapter_model.safetensors"),
    });
  });

  it("takes safetensors where there is a pickle too, as PEFT does", async () => {
    await writeFile(join(directory, "adapter_model.bin"), "PK");
    expect(await readPeftDirectory(directory)).toMatchObject({
      weightsPath: join(directory, "adapter_model.safetensors"),
    });
  });

  it("is told from one of the files in it", async () => {
    const weights = join(directory, "adapter_model.safetensors");
    await expect(readPeftDirectory(weights)).rejects.toMatchObject({
      code: "USAGE",
      message: `${weights} is a file: what PEFT saves is a directory`,
    });
  });

  it("does not wait for weights that are a pipe", async () => {
    const weights = join(directory, "adapter_model.safetensors");
    await rm(weights);
    execFileSync("mkfifo", [weights]);
    await expect(readPeftDirectory(directory)).rejects.toMatchObject({
      code: "PEFT_INVALID",
      message: `${weights} is not a regular file`,
    });
  });

  it("does not read a config of any size", async () => {
    const config = join(directory, "adapter_config.json");
    await writeFile(config, peftConfig().padEnd(MAX_CONFIG_BYTES));
    await expect(readPeftDirectory(directory)).resolves.toBeDefined();
    await writeFile(config, peftConfig().padEnd(MAX_CONFIG_BYTES + 1));
    await expect(readPeftDirectory(directory)).rejects.toMatchObject({
      code: "PEFT_INVALID",
      message: `${config} is larger than ${MAX_CONFIG_BYTES} bytes`,
    });
  });

  it("is for directories with a config only", async () => {
    expect(await isPeftDirectory(directory)).toBe(true);
    await rm(join(directory, "adapter_config.json"));
    expect(await isPeftDirectory(directory)).toBe(false);
    await mkdir(join(directory, "adapter_config.json"));
    expect((await stat(join(directory, "adapter_config.json"))).isDirectory()).toBe(true);
    expect(await isPeftDirectory(directory)).toBe(false);
    expect(await isPeftDirectory(join(directory, "missing"))).toBe(false);
  });
});
