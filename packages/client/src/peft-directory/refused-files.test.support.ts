// SPDX-License-Identifier: Apache-2.0
/** For tests. Weights that are no safetensors, and bases that are not known. */
import { writeSafetensors } from "../formats/safetensors/index.ts";
import { based, type Case, good } from "./refusal-case.test.support.ts";

export const REFUSED_FILES: Readonly<Record<string, Case>> = {
  "a pickle": {
    files: { "adapter_model.bin": "PK\u0003\u0004" },
    code: "PICKLE_REFUSED",
    message: "is a Python pickle, which can run code when it is opened",
  },
  "a checkpoint of PyTorch": {
    files: { "adapter_model.pt": "\u0080\u0002" },
    code: "PICKLE_REFUSED",
    message: "adapter_model.pt is",
  },
  "another checkpoint of PyTorch": {
    files: { "adapter_model.pth": "" },
    code: "PICKLE_REFUSED",
    message: "pickle",
  },
  "a pickle under another name": {
    files: { "adapter_model.safetensors": "PK\u0003\u0004 and so on" },
    code: "PICKLE_REFUSED",
    message: "adapter_model.safetensors is a Python pickle",
  },
  "no weights": { files: {}, code: "PEFT_INVALID", message: "has no adapter_model.safetensors" },
  "an empty file of weights": {
    files: { "adapter_model.safetensors": "" },
    code: "SAFETENSORS_INVALID",
    message: "ends inside the length of its header",
  },
  "weights that are cut off": {
    files: { "adapter_model.safetensors": writeSafetensors({ tensors: good }).subarray(0, -1) },
    code: "SAFETENSORS_INVALID",
    message: "is cut off",
  },
  "weights with bytes behind them": {
    files: {
      "adapter_model.safetensors": Buffer.concat([writeSafetensors({ tensors: good }), Buffer.of(0)]),
    },
    code: "SAFETENSORS_INVALID",
    message: "but its tensors end at byte",
  },
  // The base.
  "a base of another architecture": based(
    { model_type: "mamba" },
    '"mamba" are not converted',
    "PEFT_UNSUPPORTED",
  ),
  "a base with experts": based({ model_type: "mixtral" }, '"mixtral" are not converted', "PEFT_UNSUPPORTED"),
  "a base of Object's": based({ model_type: "toString" }, "are not converted", "PEFT_UNSUPPORTED"),
  "a base without a type": based({ model_type: undefined }, "names no model_type"),
  "a base without heads": based({ num_attention_heads: undefined }, ": num_attention_heads: "),
  "a base without heads of keys": based(
    { model_type: "mistral", num_key_value_heads: undefined },
    "no num_key_value_heads",
  ),
  "a base whose heads are no number": based({ num_key_value_heads: "2" }, ": num_key_value_heads: "),
  "a base with 0 layers": based({ num_hidden_layers: 0 }, ": num_hidden_layers: "),
  "a base whose heads do not divide it": based(
    { head_dim: null, num_attention_heads: 7 },
    "which 7 heads do not divide",
  ),
  "a base whose heads have an odd size": based(
    { num_attention_heads: 64, head_dim: 1 },
    /has 64 rows for 64 heads of the base, which do not divide them$/,
    "PEFT_UNSUPPORTED",
  ),
  "another base": based({ hidden_size: 128, head_dim: 16 }, "is [128, 32] in the base", "BASE_UNFIT"),
};
