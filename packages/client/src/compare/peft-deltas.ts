// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";
import { type PeftConfig, parsePeftConfig } from "../convert/index.ts";
import { scalingOf } from "../convert/scaling.ts";
import { parseTensorName } from "../convert/tensor-names.ts";
import { peftInvalid } from "../convert/unsupported.ts";
import { dequantize } from "../formats/gguf/index.ts";
import {
  readSafetensors,
  readSafetensorsData,
  type SafetensorsTensor,
} from "../formats/safetensors/index.ts";
import { quote } from "../names.ts";
import { type AdapterDeltas, type Delta, type DeltaTensor, inNaturalOrder, rowsOf } from "./delta.ts";

interface Halves {
  a?: SafetensorsTensor;
  b?: SafetensorsTensor;
}

/**
 * An adapter as PEFT saved it, by the names of its modules: nothing of the base is needed for that.
 * @param config content of adapter_config.json
 * @param weights stay open as long as tensors are read
 * @throws LoraError PEFT_INVALID, PEFT_UNSUPPORTED, and what reading JSON and safetensors throws
 */
export async function readPeftDeltas(
  config: Uint8Array,
  configName: string,
  weights: ByteSource,
): Promise<AdapterDeltas> {
  const parsed = parsePeftConfig(config, configName);
  const modules = new Map<string, Halves>();
  for (const tensor of (await readSafetensors(weights)).tensors.values()) {
    const { module, part } = parseTensorName(tensor.name, weights.name);
    if (part === "copy") continue;
    const halves = modules.get(module) ?? {};
    if (halves[part] !== undefined)
      throw peftInvalid(weights.name, `adapts ${quote(module)} as an embedding and as a linear layer`);
    modules.set(module, { ...halves, [part]: tensor });
  }
  if (modules.size === 0) throw peftInvalid(weights.name, "has no lora_A and lora_B");
  const tensors = Array.from(modules, ([module, halves]) => deltaOf(module, halves, parsed, weights));
  return {
    naming: "peft",
    architecture: undefined,
    rank: tensors.reduce((most, { rank }) => Math.max(most, rank), 0),
    alpha: parsed.alpha,
    targets: [...new Set(tensors.map(({ name }) => name.split(".").at(-1) as string))].sort(),
    tensors: inNaturalOrder(tensors),
  };
}

function deltaOf(module: string, { a, b }: Halves, config: PeftConfig, weights: ByteSource): DeltaTensor {
  if (a === undefined || b === undefined)
    throw peftInvalid(weights.name, `has no lora_${a === undefined ? "A" : "B"} for ${quote(module)}`);
  const [rank = 0, inFeatures = 0] = a.shape;
  const [outFeatures = 0, rankOfB = 0] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || rank !== rankOfB || rank === 0)
    throw peftInvalid(
      weights.name,
      `has a pair that does not multiply for ${quote(module)}: lora_A is [${a.shape.join(", ")}], lora_B is [${b.shape.join(", ")}]`,
    );
  const factor = scalingOf({ module, rank }, config);
  const read = async (): Promise<Delta[]> => {
    const rows = async (tensor: SafetensorsTensor, length: number, turned: boolean, by: number) => {
      const values = dequantize(tensor.dtype, await readSafetensorsData(weights, tensor));
      const found = rowsOf(values, { start: 0, count: rank, length, turned, factor: by });
      if (found === undefined)
        throw peftInvalid(weights.name, `has a value that is no finite number in ${quote(tensor.name)}`);
      return found;
    };
    return [{ a: await rows(a, inFeatures, false, 1), b: await rows(b, outFeatures, true, factor) }];
  };
  return { name: module, rank, inFeatures, outFeatures, experts: 1, read };
}
