// SPDX-License-Identifier: Apache-2.0
/** For tests: a good adapter and base, and what is wrong with them in a case. */
import {
  configOf,
  loraTensors,
  peftConfig,
  randomPairs,
  SMALL_BASES,
  type SmallBase,
  tensor,
} from "../convert/peft.test.support.ts";
import type { writeSafetensors } from "../formats/safetensors/index.ts";

export const LLAMA = SMALL_BASES.llama as SmallBase;
export const TIED = SMALL_BASES["llama, tied, one head of keys"] as SmallBase;
export const GEMMA = SMALL_BASES.gemma3 as SmallBase;
export const Q = "model.layers.0.self_attn.q_proj";
export const PREFIX = "base_model.model.";

export type Tensors = Parameters<typeof writeSafetensors>[0]["tensors"];

export interface Case {
  readonly config?: string;
  readonly tensors?: Tensors;
  /** Instead of `adapter_model.safetensors`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly base?: string;
  readonly code: string;
  readonly message: string | RegExp;
}

export const pairs = randomPairs(LLAMA, 4);
export const good = loraTensors(pairs);
export const named = (name: string, rows = 4, columns = 64) =>
  tensor(
    name,
    Array.from({ length: rows }, () => new Array<number>(columns).fill(1)),
  );
export const withTensor = (name: string, rows?: number, columns?: number): Tensors => [
  ...good,
  named(name, rows, columns),
];
export const configured = (
  changes: Record<string, unknown>,
  message: string,
  code = "PEFT_UNSUPPORTED",
): Case => ({
  config: peftConfig(changes),
  code,
  message,
});
export const extra = (name: string, message: string): Case => ({
  tensors: withTensor(`${PREFIX}${name}`),
  code: "PEFT_UNSUPPORTED",
  message,
});
export const wholeConfig = (text: string, message: string, code = "PEFT_INVALID"): Case => ({
  config: text,
  code,
  message,
});
export const based = (
  changes: Record<string, unknown>,
  message: string | RegExp,
  code = "BASE_CONFIG_INVALID",
): Case => ({
  base: JSON.stringify({ ...JSON.parse(configOf(LLAMA)), ...changes }),
  code,
  message,
});
export const without = (part: string) => good.filter(({ name }) => !name.includes(part));
export const replaced = (module: string, half: "A" | "B", rows: number, columns: number): Tensors => [
  ...good.filter(({ name }) => name !== `${PREFIX}${module}.lora_${half}.weight`),
  named(`${PREFIX}${module}.lora_${half}.weight`, rows, columns),
];
