// SPDX-License-Identifier: Apache-2.0
/**
 * PEFT adds `scaling · B · A` to a module's weights, with a scaling of its own for each module:
 *
 *     scaling = alpha / r, or alpha / sqrt(r) where use_rslora       alpha and r by the patterns of the config
 *
 * llama.cpp adds `alpha / rank · B · A` with one alpha for the file. So the file gets the rank R of the largest module
 * and alpha = S · R, S being the scaling that most modules have: their B stays as it is. The B of the others is
 * multiplied by scaling / S. A module of a smaller rank gets rows of zeros in A and columns of zeros in B, which
 * changes no product by a bit.
 */
import { quote } from "../names.ts";
import { valueFor } from "./patterns.ts";
import type { PeftConfig } from "./peft-config.ts";
import type { PeftModule } from "./peft-modules.ts";
import { peftInvalid } from "./unsupported.ts";

export interface ScaledModule extends PeftModule {
  /** What B is multiplied by; 1 for most. */
  readonly factor: number;
}

export interface FileScaling {
  /** Of the file: single precision, finite, above 0. */
  readonly alpha: number;
  /** Of every pair of the file. */
  readonly rank: number;
  readonly modules: readonly ScaledModule[];
}

/**
 * @param modules at least one
 * @throws LoraError PEFT_INVALID where config and tensors differ, or the effect of all is nothing
 */
export function scaleModules(modules: readonly PeftModule[], config: PeftConfig): FileScaling {
  const scalings = modules.map((module) => scalingOf(module, config));
  const common = mostFrequent(scalings.map(Math.abs).filter((scaling) => scaling > 0));
  if (common === undefined)
    throw peftInvalid(config.source, "gives every module an alpha of 0: the adapter does nothing");
  const rank = modules.reduce((most, module) => Math.max(most, module.rank), 0);
  const alpha = Math.fround(common * rank);
  if (!(alpha > 0) || !Number.isFinite(alpha))
    throw peftInvalid(
      config.source,
      `has a lora_alpha that no single-precision number holds: ${config.alpha}`,
    );
  return {
    alpha,
    rank,
    modules: modules.map((module, i) => ({ ...module, factor: (scalings[i] ?? 0) / common })),
  };
}

/** Exactly PEFT's, in double precision as Python has it. */
export function scalingOf({ module, rank }: Pick<PeftModule, "module" | "rank">, config: PeftConfig): number {
  const expected = valueFor(config.ranks, module, config.rank);
  if (expected !== rank)
    throw peftInvalid(
      config.source,
      `gives ${quote(module)} the rank ${expected}, its tensors have the rank ${rank}`,
      { module, rank, expected },
    );
  const alpha = valueFor(config.alphas, module, config.alpha);
  return alpha / (config.rankStabilized ? Math.sqrt(rank) : rank);
}

/** The first of those that are there most often. */
function mostFrequent(numbers: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  let best: number | undefined;
  for (const [number, count] of counts)
    if (count > (counts.get(best ?? number) ?? 0) || best === undefined) best = number;
  return best;
}
