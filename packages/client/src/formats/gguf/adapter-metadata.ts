// SPDX-License-Identifier: Apache-2.0
/**
 * The metadata keys that an adapter may have, with their types. Everything else is refused: a key that a runtime
 * reads and nobody checked is a way in. llama.cpp ends by a failed assertion where one of these has another type.
 *
 *     general.architecture                     string, must be there
 *     general.type                             string, must be "adapter"
 *     adapter.type                             string, must be "lora"
 *     adapter.lora.alpha                       f32, must be there, finite and above 0
 *     adapter.lora.task_name                   string
 *     adapter.lora.prompt_prefix               string; shown to people, never applied silently
 *     adapter.alora.invocation_tokens          array of u32
 *     general.alignment, .file_type, .quantization_version              u32
 *     general.base_model.count, general.dataset.count                   u32
 *     general.name and what else describes     string (DESCRIPTIVE below)
 *     general.base_model.<n>.name, …           string, as general.dataset.<n>.name, …
 *     general.tags, .languages, .datasets      array of string
 *
 * The descriptive keys are those that llama.cpp's converters write; no runtime acts on them. `tokenizer.*`, chat
 * templates, `general.sampling.*` and every key of an architecture change what a model does, and are refused.
 */
const DESCRIPTIVE =
  "name|author|version|organization|finetune|basename|description|quantized_by|size_label|license|license\\.name|" +
  "license\\.link|url|doi|uuid|repo_url|source\\.url|source\\.doi|source\\.uuid|source\\.repo_url|" +
  "source\\.huggingface\\.repository";
const OF_ANOTHER = "name|author|version|organization|description|url|doi|uuid|repo_url";

const RULES: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/^general\.(architecture|type)$/, "string"],
  [/^adapter\.(type|lora\.task_name|lora\.prompt_prefix)$/, "string"],
  [/^adapter\.lora\.alpha$/, "f32"],
  [/^adapter\.alora\.invocation_tokens$/, "array of u32"],
  [/^general\.(alignment|file_type|quantization_version|base_model\.count|dataset\.count)$/, "u32"],
  [new RegExp(`^general\\.(${DESCRIPTIVE})$`), "string"],
  [new RegExp(`^general\\.(base_model|dataset)\\.\\d{1,3}\\.(${OF_ANOTHER})$`), "string"],
  [/^general\.(tags|languages|datasets)$/, "array of string"],
];

/** The type that an allowed key must have; undefined for a key that is not allowed. */
export function adapterKeyType(key: string): string | undefined {
  return RULES.find(([pattern]) => pattern.test(key))?.[1];
}
