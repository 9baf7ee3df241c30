// SPDX-License-Identifier: Apache-2.0
/**
 * What llama.cpp's names for a base's tensors are, and how its converter lays the weights out (llama.cpp v0.5.0,
 * conversion/*.py and gguf-py/gguf/tensor_mapping.py). Only architectures that were tried are here.
 *
 * Llama's rotary embedding turns pairs of neighbouring rows in llama.cpp and pairs half a head apart in transformers, so
 * the converter interleaves the rows of q and k; an adapter's B has those rows too. Of the others it keeps the order.
 */
export interface ArchitectureRules {
  /** Modules of a layer, as transformers names them, to llama.cpp's tensors of a block. */
  readonly modules: Readonly<Record<string, string>>;
  /** Which of these tensors have their rows interleaved within each head, and whose heads those are. */
  readonly interleaved: Readonly<Record<string, "query" | "key">>;
  /** What stands in front of `layers.<n>.`; more than one where text is part of a larger model. */
  readonly trunks: readonly string[];
  /** llama.cpp never gives it an output of its own. */
  readonly alwaysTied: boolean;
}

const SEPARATE = {
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

const plain: ArchitectureRules = {
  modules: SEPARATE,
  interleaved: {},
  trunks: ["model."],
  alwaysTied: false,
};
const interleaved: ArchitectureRules = { ...plain, interleaved: { attn_q: "query", attn_k: "key" } };

const ARCHITECTURES = {
  llama: interleaved,
  smollm3: interleaved,
  qwen2: plain,
  qwen3: plain,
  gemma2: { ...plain, alwaysTied: true },
  // The trunk of the models that also see was renamed in transformers 4.52.
  gemma3: {
    ...plain,
    trunks: ["model.", "model.language_model.", "language_model.model."],
    alwaysTied: true,
  },
  phi3: {
    ...plain,
    modules: {
      "self_attn.qkv_proj": "attn_qkv",
      "self_attn.o_proj": "attn_output",
      "mlp.gate_up_proj": "ffn_up",
      "mlp.down_proj": "ffn_down",
    },
  },
} as const satisfies Record<string, ArchitectureRules>;

/** llama.cpp's name. Mistral, SmolLM and SmolLM2 are `llama`. */
export type Architecture = keyof typeof ARCHITECTURES;

export function isArchitecture(name: string): name is Architecture {
  return Object.hasOwn(ARCHITECTURES, name);
}

export function rulesOf(architecture: Architecture): ArchitectureRules {
  return ARCHITECTURES[architecture];
}

export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as readonly Architecture[];
