// SPDX-License-Identifier: Apache-2.0
import type { Adapter, FloatType } from "../formats/gguf/index.ts";
import type { PeftConfig } from "./peft-config.ts";
import type { FileScaling } from "./scaling.ts";

/** What a person should know of a conversion: where the file says other numbers than the config, and what is gone. */
export function describeConversion({
  config,
  scaling: { alpha, rank, modules },
  copies,
  type,
  adapter,
}: {
  config: PeftConfig;
  scaling: FileScaling;
  copies: readonly string[];
  type: FloatType;
  adapter: Adapter;
}): string[] {
  const notes: string[] = [];
  if (alpha !== config.alpha)
    notes.push(
      `alpha is ${alpha} in the file, so that alpha / rank is the scaling that PEFT uses (lora_alpha ${config.alpha}${config.rankStabilized ? ", rsLoRA" : ""})`,
    );
  const rescaled = modules.filter(({ factor }) => factor !== 1).length;
  if (rescaled > 0)
    notes.push(`${rescaled} of ${modules.length} modules have another scaling, which is now in their lora_b`);
  const padded = modules.filter((module) => module.rank !== rank).length;
  if (padded > 0)
    notes.push(`${padded} of ${modules.length} modules have a rank below ${rank} and were padded with zeros`);
  if (copies.length > 0) notes.push(`left out ${copies.join(", ")}: the base's own weights`);
  const plain = adapter.tensors.flatMap(({ a, b }) => [a, b]).filter((tensor) => tensor.type !== type).length;
  if (plain > 0)
    notes.push(`${plain} tensors are F16: their rows are no multiple of 32, which ${type} needs`);
  return notes;
}
