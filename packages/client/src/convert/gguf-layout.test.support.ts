// SPDX-License-Identifier: Apache-2.0
/** For tests: where llama.cpp's converter puts the weights of a base, by the definition and not by the code under test. */
import type { Matrix, SmallBase } from "./peft.test.support.ts";

const GGUF_NAMES: Readonly<Record<string, string>> = {
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.qkv_proj": "attn_qkv",
  "self_attn.o_proj": "attn_output",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.gate_up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

export function ggufName(module: string): string {
  if (module === "lm_head") return "output.weight";
  if (module === "model.embed_tokens") return "token_embd.weight";
  const [, layer, name = ""] = /^model\.layers\.(\d+)\.(.+)$/.exec(module) ?? [];
  return `blk.${layer}.${GGUF_NAMES[name]}.weight`;
}

/** `weights.reshape(heads, 2, rows / heads / 2, columns).swapaxes(1, 2).reshape(rows, columns)`. */
function swapped(weights: Matrix, heads: number): Matrix {
  const half = weights.length / heads / 2;
  const rows: (readonly number[])[] = [];
  for (let head = 0; head < heads; head += 1)
    for (let i = 0; i < half; i += 1)
      for (let side = 0; side < 2; side += 1) rows.push(weights[(head * 2 + side) * half + i] ?? []);
  return rows;
}

/** A weight as a GGUF file of the base has it. */
export function laidOut(module: string, weights: Matrix, { modelType, heads, kvHeads }: SmallBase): Matrix {
  if (!["llama", "mistral", "smollm3"].includes(modelType)) return weights;
  if (module.endsWith("q_proj")) return swapped(weights, heads);
  return module.endsWith("k_proj") ? swapped(weights, kvHeads) : weights;
}
