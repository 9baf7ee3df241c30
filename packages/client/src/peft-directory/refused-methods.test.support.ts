// SPDX-License-Identifier: Apache-2.0
/** For tests. What an adapter can be that a LoRA file for llama.cpp cannot. */
import { type Case, configured, extra, Q } from "./refusal-case.test.support.ts";

export const REFUSED_METHODS: Readonly<Record<string, Case>> = {
  DoRA: configured({ use_dora: true }, '"use_dora" (true) is DoRA: it also scales each row'),
  "DoRA that the config hides": extra(`${Q}.lora_magnitude_vector`, "belongs to DoRA"),
  "another method": configured({ peft_type: "IA3" }, 'the method "IA3" is not converted'),
  "prompt tuning": configured({ peft_type: "PROMPT_TUNING" }, "is not converted; LORA is"),
  "biases of all": configured({ bias: "all" }, '"bias" ("all") trains biases'),
  "biases of adapted layers": configured({ bias: "lora_only" }, "llama.cpp applies no change to a bias"),
  "a bias behind lora_B": configured({ lora_bias: true }, '"lora_bias" (true) trains a bias'),
  "a bias that the config hides": extra(`${Q}.lora_B.bias`, "changes a bias"),
  "a bias of the base": extra(`${Q}.bias`, "changes a bias"),
  "modules to save": configured(
    { modules_to_save: ["lm_head"] },
    '(["lm_head"]) replaces whole weights of the base',
  ),
  "modules to save that the config hides": extra("lm_head.modules_to_save.weight", "replaces a whole weight"),
  "a whole weight": extra(`${Q}.weight`, "is no lora_A or lora_B"),
  "a whole norm": extra("model.layers.0.input_layernorm.weight", "changes a norm, which llama.cpp ignores"),
  "an adapted norm": extra("model.norm.lora_A.weight", "is a norm"),
  "an embedding that was resized": extra(
    "model.embed_tokens.weight",
    "as if its vocabulary had been changed",
  ),
  "trained tokens": configured({ trainable_token_indices: [5] }, "replaces rows of the embedding"),
  "trained tokens that the config hides": extra(
    "model.embed_tokens.token_adapter.trainable_tokens_delta",
    "replaces rows of the embedding",
  ),
  "weights that lie transposed": configured(
    { fan_in_fan_out: true },
    '"fan_in_fan_out" (true) is for weights',
  ),
  "parameters of experts": configured(
    { target_parameters: ["experts.down_proj"] },
    "such as those of experts",
  ),
  "repeated layers": configured({ layer_replication: [[0, 2]] }, "repeats layers of the base"),
  "an activated LoRA": configured(
    { alora_invocation_tokens: [1, 2] },
    "acts only behind its invocation tokens",
  ),
  "an activated LoRA of before": configured({ invocation_string: "<|go|>" }, "is an activated LoRA"),
  QALoRA: configured({ use_qalora: true }, "pools the input of lora_A"),
  "block-diagonal LoRA": configured({ use_bdlora: { nblocks: 2 } }, '"use_bdlora" ({"nblocks":2}) stores'),
  Arrow: configured({ arrow_config: { top_k: 3 } }, "routes between several adapters"),
  KaSA: configured({ kasa_config: { beta: 1 } }, "adds a diagonal"),
  "KaSA that the config hides": extra(`${Q}.lora_diag`, "belongs to KaSA"),
  MonteCLoRA: configured({ monteclora_config: { num_samples: 8 } }, "adds random samples"),
  Megatron: configured({ megatron_config: { tp: 2 } }, "is for Megatron's parallel layers"),
  PiSSA: configured({ init_lora_weights: "pissa" }, "took something out of the base's weights first"),
  "fast PiSSA": configured(
    { init_lora_weights: "pissa_niter_16" },
    "took something out of the base's weights",
  ),
  OLoRA: configured({ init_lora_weights: "olora" }, "does not fit the base as published"),
  CorDA: configured({ init_lora_weights: "corda" }, "does not fit the base as published"),
  LoftQ: configured({ init_lora_weights: "loftq" }, "does not fit the base as published"),
  "LoRA-GA": configured({ init_lora_weights: "lora_ga" }, "does not fit the base as published"),
  "an unknown way to begin": configured({ init_lora_weights: "new" }, "is not known here"),
  "an unknown key that is on": configured({ use_tomorrow: true }, '"use_tomorrow" (true) is not known here'),
  "an unknown key with a value": configured({ tomorrow_group: 16 }, "may change what the adapter does"),
  "a classifier": configured({ task_type: "SEQ_CLS" }, 'the task "SEQ_CLS" is not converted'),
};
