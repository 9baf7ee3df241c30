// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import type { SafetensorsFile, SafetensorsTensor } from "../formats/safetensors/index.ts";
import { quote } from "../names.ts";
import type { ConversionBase } from "./base.ts";
import { type ModulePlace, type PeftName, parseTensorName, placeOf } from "./tensor-names.ts";
import { peftInvalid, unsupported } from "./unsupported.ts";

/** One adapted module: `lora_B · lora_A`, scaled, is added to its weights. */
export interface PeftModule extends ModulePlace {
  readonly module: string;
  readonly rank: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly a: SafetensorsTensor;
  readonly b: SafetensorsTensor;
}

export interface PeftModules {
  /** Sorted by the base's tensor. */
  readonly modules: readonly PeftModule[];
  /** Tensors that are a copy of the base's own. */
  readonly copies: readonly string[];
}

interface Halves {
  a?: SafetensorsTensor;
  b?: SafetensorsTensor;
  embedding: boolean;
}

/**
 * Pairs the tensors of an adapter and finds their places in the base.
 * @throws LoraError PEFT_INVALID, PEFT_UNSUPPORTED, BASE_UNFIT
 */
export function collectModules(file: SafetensorsFile, base: ConversionBase): PeftModules {
  const byModule = new Map<string, Halves>();
  const copies: string[] = [];
  for (const tensor of file.tensors.values()) {
    const { module, part, embedding } = parseTensorName(tensor.name, file.name);
    if (part === "copy") {
      assertCopy(tensor, module, base, file.name);
      copies.push(tensor.name);
      continue;
    }
    const halves = byModule.get(module) ?? { embedding };
    if (halves.embedding !== embedding)
      throw peftInvalid(file.name, `adapts ${quote(module)} as an embedding and as a linear layer`);
    halves[part] = tensor;
    byModule.set(module, halves);
  }
  if (byModule.size === 0) throw peftInvalid(file.name, "has no lora_A and lora_B");
  const modules = Array.from(byModule, ([module, halves]) => pair(module, halves, base, file.name));
  modules.sort((x, y) => (x.base < y.base ? -1 : 1));
  for (const [i, { base: name, module }] of modules.entries()) {
    const before = modules[i - 1];
    if (before?.base === name)
      throw peftInvalid(
        file.name,
        `adapts ${quote(before.module)} and ${quote(module)}, which are one tensor`,
      );
  }
  return { modules, copies };
}

function pair(module: string, halves: Halves, base: ConversionBase, source: string): PeftModule {
  const { a, b, embedding } = halves;
  const place = placeOf(module, base.architecture, source);
  if (a === undefined || b === undefined)
    throw peftInvalid(source, `has no lora_${a === undefined ? "A" : "B"} for ${quote(module)}`, { module });
  const isEmbedding = place.kind === "token_embd";
  if (isEmbedding !== embedding)
    throw peftInvalid(
      source,
      `adapts ${quote(module)} as ${embedding ? "an embedding" : "a linear layer"}, which it is not`,
    );
  if (base.tiedEmbedding && place.block === undefined)
    throw unsupported(
      `${source}: the module ${quote(module)}`,
      "is embedding and output in one on this base, and llama.cpp cannot adapt either",
      { file: source, module },
    );
  const shapes = `lora_A is [${a.shape.join(", ")}], lora_B is [${b.shape.join(", ")}]`;
  const [rank = 0, inFeatures = 0] = a.shape;
  const [outFeatures = 0, rankOfB = 0] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || rank !== rankOfB)
    throw peftInvalid(source, `has a pair that does not multiply for ${quote(module)}: ${shapes}`, {
      module,
    });
  if (a.sizeBytes === 0 || b.sizeBytes === 0)
    throw peftInvalid(
      source,
      `has no values for ${quote(module)}: ${shapes}; a sharded optimizer saves such files`,
      { module },
    );
  return { ...place, module, rank, inFeatures, outFeatures, a, b };
}

/**
 * A base layer is frozen while an adapter is trained, so it is the base's own unless its vocabulary was changed.
 */
function assertCopy(
  { name, shape }: SafetensorsTensor,
  module: PeftName["module"],
  base: ConversionBase,
  source: string,
): void {
  const place = placeOf(module, base.architecture, source);
  const dims = Object.hasOwn(base.tensors, place.base) ? base.tensors[place.base] : undefined;
  if (dims !== undefined && shape.length === 2 && shape[1] === dims[0] && shape[0] === dims[1]) return;
  if (dims === undefined && base.tiedEmbedding) return;
  throw new LoraError(
    "BASE_UNFIT",
    `${source}: the tensor ${quote(name)} is [${shape.join(", ")}], in the base it is [${dims?.toReversed().join(", ")}]: its vocabulary was changed`,
    { details: { file: source, tensor: name, shape, base: dims ?? null } },
  );
}
