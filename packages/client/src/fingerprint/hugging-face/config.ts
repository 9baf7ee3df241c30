// SPDX-License-Identifier: Apache-2.0
/**
 * What config.json says of a base, besides what a conversion of adapters reads from it (convert/base-config.ts):
 *
 *     {"architectures": ["LlamaForCausalLM"], "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
 *      "rope_scaling": {"rope_type": "llama3", …}}
 *
 * Newer files have `rope_parameters` in place of both rope keys, Gemma 3's by kinds of layers. A model that also sees
 * keeps all of it in `text_config`.
 */
import type { Architecture } from "../../convert/architectures.ts";
import type { ConversionBase } from "../../convert/base.ts";
import { parseBaseConfig } from "../../convert/base-config.ts";
import { LoraError } from "../../errors.ts";
import { parseStrictJson } from "../../json/index.ts";
import { quote } from "../../names.ts";
import { impossible } from "../impossible.ts";
import { type BaseDirectory, readSmallFile } from "./base-directory.ts";

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** transformers' classes that llama.cpp's converter makes these architectures of. */
const CLASSES: Readonly<Record<string, Architecture>> = {
  LlamaForCausalLM: "llama",
  MistralForCausalLM: "llama",
  SmolLM3ForCausalLM: "smollm3",
  Qwen2ForCausalLM: "qwen2",
  Qwen3ForCausalLM: "qwen3",
  Gemma2ForCausalLM: "gemma2",
  Gemma3ForCausalLM: "gemma3",
  Gemma3ForConditionalGeneration: "gemma3",
  Phi3ForCausalLM: "phi3",
};

export interface DirectoryConfig extends ConversionBase {
  readonly hidden: number;
  readonly blocks: number;
  readonly vocabularySize: number;
  readonly ropeFreqBase: number | undefined;
  readonly normEpsilon: number | undefined;
  /** Factors of the rotary embedding that the converter writes as tensors: name and how many. */
  readonly ropeTensors: readonly (readonly [name: string, count: number])[];
}

/** @throws LoraError FINGERPRINT_IMPOSSIBLE, BASE_CONFIG_INVALID, JSON_INVALID, PEFT_UNSUPPORTED for another model_type */
export async function readConfig(directory: BaseDirectory): Promise<DirectoryConfig> {
  const file = await readSmallFile(directory, "config.json", MAX_CONFIG_BYTES);
  if (file === undefined)
    throw impossible(directory, "has no config.json, so it is no base as the hub has it");
  const { name } = file;
  const outer = parseStrictJson(file.bytes, name);
  const base = parseArchitecture(file.bytes, name);
  if (!isObject(outer)) throw new LoraError("BASE_CONFIG_INVALID", `${name} is no object`);
  const inner = isObject(outer.text_config) ? { ...outer, ...outer.text_config } : outer;
  assertClass(inner.architectures ?? outer.architectures, base.architecture, name);
  for (const config of [outer, inner])
    if (isObject(config.quantization_config))
      throw impossible(
        directory,
        `has weights that were quantized (${quote(String(config.quantization_config.quant_method))})`,
        "name the directory that they were quantized from",
      );
  const [hidden = 0, vocabularySize = 0] = base.tensors["token_embd.weight"] ?? [];
  const rope = ropeOf(inner);
  return {
    ...base,
    hidden,
    vocabularySize,
    blocks: Object.keys(base.tensors).filter((tensor) => tensor.endsWith(".attn_output.weight")).length,
    // Gemma 2's is not written.
    ropeFreqBase: base.architecture === "gemma2" ? undefined : numberOf(rope.rope_theta ?? inner.rope_theta),
    normEpsilon: numberOf(inner.rms_norm_eps),
    ropeTensors: ropeTensors(base, rope),
  };
}

function parseArchitecture(json: Uint8Array, name: string): ConversionBase {
  try {
    return parseBaseConfig(json, name);
  } catch (error) {
    // The same words would speak of an adapter.
    if (!(error instanceof LoraError) || error.code !== "PEFT_UNSUPPORTED") throw error;
    const { model_type: type } = parseStrictJson(json, name) as { model_type?: unknown };
    throw new LoraError(
      "FINGERPRINT_IMPOSSIBLE",
      `${name} is of model_type ${quote(String(type))}; directories of ${Object.keys(CLASSES).join(", ")} are read`,
      { hint: "name the GGUF file that was made from it", details: { file: name }, cause: error },
    );
  }
}

function assertClass(value: unknown, architecture: Architecture, name: string): void {
  const [first] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof first === "string" && Object.hasOwn(CLASSES, first) && CLASSES[first] === architecture) return;
  throw new LoraError(
    "FINGERPRINT_IMPOSSIBLE",
    `${name} is of the class ${quote(String(first))}; directories of ${Object.keys(CLASSES).join(", ")} are read`,
    { hint: "name the GGUF file that was made from it", details: { file: name } },
  );
}

function ropeOf(config: Record<string, unknown>): Record<string, unknown> {
  const rope = config.rope_parameters ?? config.rope_scaling;
  if (!isObject(rope)) return {};
  return isObject(rope.full_attention) ? rope.full_attention : rope;
}

function ropeTensors(
  { architecture, tensors, headCount }: ConversionBase,
  rope: Record<string, unknown>,
): DirectoryConfig["ropeTensors"] {
  const type = String(rope.rope_type ?? rope.type ?? "").toLowerCase();
  if ((architecture === "llama" || architecture === "smollm3") && type === "llama3") {
    const [, rows = 0] = tensors["blk.0.attn_q.weight"] ?? [];
    return [["rope_freqs.weight", Math.ceil(rows / (headCount[0] ?? 1) / 2)]];
  }
  const { long_factor: long, short_factor: short } = rope;
  if (architecture !== "phi3" || !Array.isArray(long) || !Array.isArray(short) || long.length === 0)
    return [];
  return [
    ["rope_factors_long.weight", long.length],
    ["rope_factors_short.weight", short.length],
  ];
}

/** As GGUF has it, in 32 bits. */
function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(Math.fround(value)) ? Math.fround(value) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
