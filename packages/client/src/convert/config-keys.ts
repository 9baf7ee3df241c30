// SPDX-License-Identifier: Apache-2.0
/**
 * The keys of adapter_config.json (PEFT's LoraConfig, 0.20) by what they mean for the weights beside them. A key that
 * is in neither list is refused unless it is off: a later PEFT may have given it a meaning that nobody here knows.
 */

/** How training went, how the module list was found, where it ran: the weights are the same with or without. */
export const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "auto_mapping",
  "base_model_name_or_path",
  "corda_config",
  "ensure_weight_tying",
  "eva_config",
  "exclude_modules",
  "inference_mode",
  "layers_pattern",
  "layers_to_transform",
  "lora_dropout",
  "lora_ga_config",
  "loftq_config",
  "megatron_core",
  "peft_version",
  "qalora_group_size",
  "revision",
  "runtime_config",
  "velora_config",
]);

/** Read one by one in `peft-config.ts`. */
export const READ: ReadonlySet<string> = new Set([
  "alpha_pattern",
  "init_lora_weights",
  "lora_alpha",
  "peft_type",
  "r",
  "rank_pattern",
  "target_modules",
  "task_type",
  "use_rslora",
]);

/** On, they change what the adapter does in a way that a LoRA file for llama.cpp cannot say. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  use_dora: "is DoRA: it also scales each row of the base's weights, which llama.cpp does not",
  bias: "trains biases, and llama.cpp applies no change to a bias",
  lora_bias: "trains a bias behind lora_B, and llama.cpp applies no change to a bias",
  modules_to_save: "replaces whole weights of the base, which a LoRA file cannot hold",
  trainable_token_indices: "replaces rows of the embedding, which a LoRA file cannot hold",
  fan_in_fan_out: "is for weights that lie transposed, which no supported architecture has",
  target_parameters: "is for weights that are no linear layer, such as those of experts",
  layer_replication: "repeats layers of the base, so its tensors are those of another model",
  alora_invocation_tokens:
    "is an activated LoRA: it acts only behind its invocation tokens, most runtimes always",
  invocation_string: "is an activated LoRA: it acts only behind its invocation string, most runtimes always",
  use_qalora: "pools the input of lora_A, which llama.cpp does not",
  use_bdlora: "stores its matrices by blocks",
  arrow_config: "routes between several adapters for each token, which llama.cpp does not",
  kasa_config: "changes the base's weights and adds a diagonal between lora_A and lora_B",
  monteclora_config: "adds random samples to the weights, which llama.cpp does not",
  megatron_config: "is for Megatron's parallel layers",
};

/** Values of `init_lora_weights` that take something out of the base first, so that the adapter fits the rest only. */
export const INITS_THAT_CHANGE_THE_BASE = /^(pissa(_niter_\d+)?|olora|corda|lora_ga|loftq)$/i;
export const INITS_THAT_KEEP_THE_BASE = /^(gaussian|eva|orthogonal|mica)$/i;

/** What PEFT writes for "not used". */
export function isOff(value: unknown): boolean {
  if (value === null || value === false || value === "" || value === "none") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
