// SPDX-License-Identifier: Apache-2.0
/** For tests. Configs that are broken or do not fit their tensors. */
import { type Case, configured, Q, wholeConfig } from "./refusal-case.test.support.ts";

export const REFUSED_CONFIGS: Readonly<Record<string, Case>> = {
  "a config that is no JSON": wholeConfig("{", "is not JSON", "JSON_INVALID"),
  "a config with a key twice": wholeConfig('{"peft_type":"LORA","r":1,"r":2}', "twice", "JSON_INVALID"),
  "a config that is a list": wholeConfig("[]", "is no config of a PEFT adapter"),
  "a config of a model": wholeConfig('{"model_type":"llama"}', "it has no peft_type"),
  "a config without a rank": wholeConfig('{"peft_type":"LORA","lora_alpha":8}', ": r: "),
  "a config without an alpha": wholeConfig('{"peft_type":"LORA","r":8}', ": lora_alpha: "),
  "a rank of 0": configured({ r: 0 }, ": r: ", "PEFT_INVALID"),
  "a rank above the limit": configured({ r: 4097 }, ": r: ", "PEFT_INVALID"),
  "half a rank": configured({ r: 4.5 }, ": r: ", "PEFT_INVALID"),
  "an alpha in quotes": configured({ lora_alpha: "8" }, ": lora_alpha: ", "PEFT_INVALID"),
  "an alpha of 0": configured({ lora_alpha: 0 }, "the adapter does nothing", "PEFT_INVALID"),
  "an alpha that single precision does not hold": configured({ lora_alpha: 1e39 }, "1e+39", "PEFT_INVALID"),
  "another rank than that of the tensors": configured(
    { r: 8 },
    `gives "${Q.replace("q", "k")}" the rank 8`,
    "PEFT_INVALID",
  ),
  "another rank in the pattern": configured(
    { rank_pattern: { q_proj: 2 } },
    `gives "${Q}" the rank 2, its tensors have the rank 4`,
    "PEFT_INVALID",
  ),
  "a rank pattern that is a list": configured({ rank_pattern: [4] }, ": rank_pattern: ", "PEFT_INVALID"),
  "a pattern that looks ahead": configured(
    { alpha_pattern: { "(?!x)q_proj": 4 } },
    "is a regular expression",
  ),
  "a pattern that is no expression": configured(
    { alpha_pattern: { "q_proj(": 4 } },
    "is a regular expression",
  ),
  "tensors of a module that is not targeted": configured(
    { target_modules: ["v_proj", "k_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] },
    `does not name "${Q}" in target_modules`,
    "PEFT_INVALID",
  ),
};
