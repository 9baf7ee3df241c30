// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { peftConfig } from "./peft.test.support.ts";
import { MAX_CONFIG_BYTES, parsePeftConfig } from "./peft-config.ts";

/** Every key that PEFT 0.20 writes for a plain LoRA, with what it writes. */
const WHOLE = {
  alora_invocation_tokens: null,
  alpha_pattern: {},
  arrow_config: null,
  auto_mapping: null,
  base_model_name_or_path: "acme/llama",
  bias: "none",
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  kasa_config: null,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: {},
  lora_alpha: 32,
  lora_bias: false,
  lora_dropout: 0.05,
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: "megatron.core",
  modules_to_save: null,
  monteclora_config: null,
  peft_type: "LORA",
  peft_version: "0.20.0",
  qalora_group_size: 16,
  r: 16,
  rank_pattern: {},
  revision: null,
  target_modules: ["q_proj", "v_proj"],
  target_parameters: null,
  task_type: "CAUSAL_LM",
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
  use_rslora: true,
  velora_config: null,
};

describe("parsePeftConfig", () => {
  it("reads the config of a plain LoRA as PEFT writes it", () => {
    expect(parsePeftConfig(JSON.stringify(WHOLE), "adapter_config.json")).toEqual({
      source: "adapter_config.json",
      rank: 16,
      alpha: 32,
      rankStabilized: true,
      ranks: [],
      alphas: [],
      targets: ["q_proj", "v_proj"],
      baseName: "acme/llama",
      baseRevision: undefined,
    });
  });

  it.each([
    ["a fraction for alpha, as PEFT computes it for a converted PiSSA", { lora_alpha: 22.627416997969522 }],
    ["a method that changes only how training begins", { init_lora_weights: "eva", eva_config: { rho: 2 } }],
    ["another such", { init_lora_weights: "gaussian" }],
    ["training that was random at first", { init_lora_weights: false }],
    ["no task", { task_type: null }],
    ["a regular expression for targets", { target_modules: "(?!vision).*proj" }],
    ["chosen layers", { layers_to_transform: [0, 1], layers_pattern: "layers" }],
    ["an unknown key that is off", { use_tomorrow: false, tomorrow_config: null, tomorrow_list: [] }],
    ["an empty list of modules to save", { modules_to_save: [] }],
  ])("takes %s", (_, changes) => {
    expect(parsePeftConfig(peftConfig(changes), "config")).toMatchObject({ rank: 4 });
  });

  it("refuses a larger file than such a config is", () => {
    expect(() => parsePeftConfig(peftConfig().padEnd(MAX_CONFIG_BYTES + 1), "config")).toThrow(
      expect.objectContaining({ code: "PEFT_INVALID" }),
    );
  });

  it("says what to do where something can be done", () => {
    const hintOf = (changes: Record<string, unknown>) => {
      try {
        parsePeftConfig(peftConfig(changes), "config");
      } catch (error) {
        return (error as LoraError).hint;
      }
      throw new Error("not refused");
    };
    expect(hintOf({ init_lora_weights: "pissa" })).toBe(
      "save it with path_initial_model_for_weight_conversion, which makes a plain LoRA of it",
    );
    expect(hintOf({ alpha_pattern: { "(?=q)q_proj": 1 } })).toBe("write the modules' names as keys");
    expect(hintOf({ use_dora: true })).toBeUndefined();
  });

  it("never throws anything but a LoraError, whatever the values", () => {
    const key = fc.oneof(fc.constantFrom(...Object.keys(WHOLE)), fc.string());
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (changes) => {
        try {
          parsePeftConfig(peftConfig(changes), "config");
        } catch (error) {
          expect(error).toBeInstanceOf(LoraError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
