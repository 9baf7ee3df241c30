// SPDX-License-Identifier: Apache-2.0
/**
 * llama.cpp's names for the tensors of a base as transformers names them, and what its converter leaves out
 * (llama.cpp, August 2026: gguf-py/gguf/tensor_mapping.py, conversion/*.py).
 *
 *     model.embed_tokens.weight                     token_embd.weight
 *     model.norm.weight                             output_norm.weight
 *     lm_head.weight                                output.weight              never of gemma2
 *     model.layers.3.self_attn.q_proj.weight        blk.3.attn_q.weight        .bias likewise
 *     model.layers.3.post_attention_layernorm.weight
 *                                                   blk.3.ffn_norm.weight      post_attention_norm of gemma
 *     model.language_model.layers.3.…               as model.layers.3.…        of models that also see
 */
import { type Architecture, rulesOf } from "../../convert/architectures.ts";

const NORMS = { input_layernorm: "attn_norm", post_attention_layernorm: "ffn_norm" };
const GEMMA_NORMS = {
  input_layernorm: "attn_norm",
  post_attention_layernorm: "post_attention_norm",
  pre_feedforward_layernorm: "ffn_norm",
  post_feedforward_layernorm: "post_ffw_norm",
};
const HEAD_NORMS = { "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm" };

const NORM_MODULES: Readonly<Record<Architecture, Readonly<Record<string, string>>>> = {
  llama: NORMS,
  smollm3: NORMS,
  qwen2: NORMS,
  qwen3: { ...NORMS, ...HEAD_NORMS },
  gemma2: GEMMA_NORMS,
  gemma3: { ...GEMMA_NORMS, ...HEAD_NORMS },
  phi3: NORMS,
};

/** What stands outside of the layers. */
const TOP: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  lm_head: "output",
};

/** Made anew from the config wherever the model runs. */
const BUFFERS = [".rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias"];
/** Of what sees, in Gemma 3; it becomes a file of its own. */
const VISION = /vision_|vision\.|projector\./;
const LAYER = /^model\.layers\.(0|[1-9]\d{0,4})\.(.+)\.(weight|bias)$/;

export type TensorName = { readonly name: string } | "left out" | "unknown";

/** The norms that each block of the architecture has. */
export function normsOf(architecture: Architecture): readonly string[] {
  return Object.values(NORM_MODULES[architecture]);
}

export function llamaTensorName(hfName: string, architecture: Architecture, blocks: number): TensorName {
  if (BUFFERS.some((suffix) => hfName.endsWith(suffix))) return "left out";
  if (architecture === "gemma3" && VISION.test(hfName)) return "left out";
  if (architecture === "gemma2" && hfName === "lm_head.weight") return "left out";
  const plain = architecture === "gemma3" ? hfName.replace("language_model.", "") : hfName;
  const [, block, module = "", suffix] = LAYER.exec(plain) ?? [];
  if (block !== undefined) {
    const modules = { ...rulesOf(architecture).modules, ...NORM_MODULES[architecture] };
    const own = Object.hasOwn(modules, module) ? modules[module] : undefined;
    return own === undefined || Number(block) >= blocks
      ? "unknown"
      : { name: `blk.${block}.${own}.${suffix}` };
  }
  const dot = plain.lastIndexOf(".");
  const stem = plain.slice(0, dot);
  if (!/^\.(weight|bias)$/.test(plain.slice(dot)) || !Object.hasOwn(TOP, stem)) return "unknown";
  return { name: `${TOP[stem]}${plain.slice(dot)}` };
}
