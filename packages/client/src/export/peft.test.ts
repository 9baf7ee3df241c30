// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../byte-source/index.ts";
import { fingerprintBase } from "../fingerprint/index.ts";
import { readAdapter } from "../formats/gguf/index.ts";
import { readSafetensors, readSafetensorsData, writeSafetensors } from "../formats/safetensors/index.ts";
import { exportPeft } from "./peft.ts";

const fixture = new URL("../../../../test/fixtures/tiny-say/v1/", import.meta.url);
const read = async (path: string) => bytesSource(await readFile(new URL(path, fixture)), path);

async function floatsOf(source: Awaited<ReturnType<typeof read>>): Promise<Map<string, Float32Array>> {
  const file = await readSafetensors(source);
  const tensors = new Map<string, Float32Array>();
  for (const [name, tensor] of file.tensors) {
    const bytes = Uint8Array.from(await readSafetensorsData(source, tensor));
    tensors.set(name, new Float32Array(bytes.buffer));
  }
  return tensors;
}

describe.each(["upper", "shout", "rot13"])("%s written as PEFT", (ability) => {
  it.each([1, 0.5])("is what was trained, with alpha / r and a scale of %d in B", async (scale) => {
    const source = await read(`${ability}.gguf`);
    const { record } = await fingerprintBase(await read("base-q8_0.gguf"));
    const adapter = await readAdapter(source);
    const { config, weights } = await exportPeft(source, adapter, { scale, record, baseName: "tiny-say v1" });
    const trained = await floatsOf(await read(`${ability}/adapter_model.safetensors`));
    const written = await floatsOf(bytesSource(writeSafetensors(weights)));
    expect([...written.keys()].sort()).toEqual([...trained.keys()].sort());
    for (const [name, values] of trained) {
      const strength = name.includes("lora_B") ? scale * (adapter.alpha / adapter.rank) : 1;
      expect(written.get(name), name).toEqual(values.map((value) => value * strength));
    }
    const peft = JSON.parse(await readFile(new URL(`${ability}/adapter_config.json`, fixture), "utf8"));
    expect(config).toMatchObject({
      peft_type: "LORA",
      r: peft.r,
      lora_alpha: peft.r,
      base_model_name_or_path: "tiny-say v1",
    });
    expect(config.target_modules).toEqual([...peft.target_modules].sort());
  });
});
