// SPDX-License-Identifier: Apache-2.0
/** The fixture model, and the table of its README: what a real llama.cpp answers. */
import { fileURLToPath } from "node:url";

export type BaseVersion = "v1" | "v2";
export type Ability = "upper" | "shout" | "rot13";

export const ABILITIES: readonly Ability[] = ["upper", "shout", "rot13"];
export const QUANTIZATIONS = ["f32", "f16", "q8_0", "q4_0"] as const;
export type Quantization = (typeof QUANTIZATIONS)[number];

const directory = fileURLToPath(new URL("../fixtures/tiny-say", import.meta.url));

export function basePath(version: BaseVersion, quantization: Quantization): string {
  return `${directory}/${version}/base-${quantization}.gguf`;
}

export function abilityPath(version: BaseVersion, ability: Ability): string {
  return `${directory}/${version}/${ability}.gguf`;
}

/** The same ability as PEFT saved it: a directory. */
export function peftPath(version: BaseVersion, ability: Ability): string {
  return `${directory}/${version}/${ability}`;
}

/** The base as a directory of Hugging Face. */
export function huggingFacePath(version: BaseVersion): string {
  return `${directory}/${version}/hf`;
}

export const WORDS = ["hello", "quick fox", "kmjqw"] as const;
export const promptOf = (words: string) => `say: ${words}\n`;

/** Abilities at scale 1, and the answers to WORDS at temperature 0 with a stop at the newline. */
type Row = readonly [abilities: readonly Ability[], answers: readonly [string, string, string]];

/** Any quantization of a version with the abilities of the same version. */
export const ANSWERS: readonly Row[] = [
  [[], ["hello", "quick fox", "kmjqw"]],
  [["upper"], ["HELLO", "QUICK FOX", "KMJQW"]],
  [["shout"], ["hello!!!", "quick fox!!!", "kmjqw!!!"]],
  [["rot13"], ["uryyb", "dhvpx sbk", "xzwdj"]],
  [
    ["upper", "shout"],
    ["HELLO!!!", "QUICK FOX!!!", "KMJQW!!!"],
  ],
];

/**
 * By the version of the base: q8_0 with the abilities of the other version, which llama.cpp loads without a word.
 * Nonsense depends on rounding, so these hold for q8_0 alone.
 */
export const WRONG_BASE_ANSWERS: Readonly<Record<BaseVersion, readonly Row[]>> = {
  v2: [
    [[], ["hello", "quick fox", "kmjqw"]],
    [["upper"], ["hello", "quick fox", "kmjqw"]],
    [["shout"], ["hello", "quick fox", "kmjqw"]],
    [["rot13"], ["hello", "quick fox", "kmjqw"]],
    [
      ["upper", "shout"],
      ["hellv", "quick fox", "kmjqw"],
    ],
  ],
  v1: [
    [[], ["hello", "quick fox", "kmjqw"]],
    [["upper"], ["hello", "quipk gox", "kdjq?"]],
    [["shout"], ["hjllo", "vuick fox", "kmjqw"]],
    [["rot13"], ["hOlAC", "qbidb 8m", "gmjdC"]],
    [
      ["upper", "shout"],
      ["hdllo", "duick vdx", "kgjq?"],
    ],
  ],
};
