// SPDX-License-Identifier: Apache-2.0
/**
 * adapter_config.json as PEFT writes it beside the weights:
 *
 *     {"peft_type": "LORA", "r": 16, "lora_alpha": 32, "use_rslora": false, "target_modules": ["q_proj", "v_proj"],
 *      "rank_pattern": {"layers.0.self_attn.q_proj": 32}, "alpha_pattern": {}, "use_dora": false, …}
 */
import { z } from "zod";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { MAX_RANK } from "../manifest/index.ts";
import { quote } from "../names.ts";
import {
  INITS_THAT_CHANGE_THE_BASE,
  INITS_THAT_KEEP_THE_BASE,
  isOff,
  READ,
  UNSUPPORTED,
  WITHOUT_EFFECT,
} from "./config-keys.ts";
import { MAX_PATTERN_LENGTH, MAX_PATTERNS, type Patterns, parsePatterns } from "./patterns.ts";
import { peftInvalid, unsupported } from "./unsupported.ts";

export const MAX_CONFIG_BYTES = 1024 * 1024;

export interface PeftConfig {
  /** For messages. */
  readonly source: string;
  readonly rank: number;
  /** Any number: PEFT writes fractions too. */
  readonly alpha: number;
  /** Scale by alpha / sqrt(rank) instead of alpha / rank. */
  readonly rankStabilized: boolean;
  readonly ranks: Patterns;
  readonly alphas: Patterns;
  /** Ends of module names; undefined where the config has a regular expression or a word for "all". */
  readonly targets: readonly string[] | undefined;
  /** A repository of a hub or a path of whoever trained it. For people only: it may hold terminal escapes. */
  readonly baseName: string | undefined;
  readonly baseRevision: string | undefined;
}

const rank = z.int().min(1).max(MAX_RANK);
const patterns = <Value extends z.ZodType>(value: Value) =>
  z
    .record(z.string().min(1).max(MAX_PATTERN_LENGTH), value)
    .refine((v) => Object.keys(v).length <= MAX_PATTERNS, `has more than ${MAX_PATTERNS} keys`)
    .nullish();

const schema = z.looseObject({
  r: rank,
  lora_alpha: z.number(),
  use_rslora: z.boolean().nullish(),
  rank_pattern: patterns(rank),
  alpha_pattern: patterns(z.number()),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
});

/**
 * @param source what the file is called, for messages
 * @throws LoraError JSON_INVALID, PEFT_INVALID, PEFT_UNSUPPORTED
 */
export function parsePeftConfig(json: string | Uint8Array, source: string): PeftConfig {
  if (json.length > MAX_CONFIG_BYTES) throw peftInvalid(source, `is larger than ${MAX_CONFIG_BYTES} bytes`);
  const value = parseStrictJson(json, source);
  if (typeof value !== "object" || value === null || Array.isArray(value) || !("peft_type" in value))
    throw peftInvalid(source, "is no config of a PEFT adapter: it has no peft_type");
  const keys = value as Readonly<Record<string, unknown>>;
  refuseUnsupported(keys, source);
  const config = parseWith(schema, value, { code: "PEFT_INVALID", source });
  return {
    source,
    rank: config.r,
    alpha: config.lora_alpha,
    rankStabilized: config.use_rslora ?? false,
    ranks: parsePatterns(config.rank_pattern ?? {}, source, "rank_pattern"),
    alphas: parsePatterns(config.alpha_pattern ?? {}, source, "alpha_pattern"),
    targets: Array.isArray(config.target_modules) ? config.target_modules : undefined,
    baseName: config.base_model_name_or_path ?? undefined,
    baseRevision: config.revision ?? undefined,
  };
}

function refuseUnsupported(config: Readonly<Record<string, unknown>>, source: string): void {
  const { peft_type: method, task_type: task, init_lora_weights: init } = config;
  if (method !== "LORA")
    throw unsupported(`${source}: an adapter of the method ${shown(method)}`, "is not converted; LORA is", {
      file: source,
      key: "peft_type",
    });
  if (task !== "CAUSAL_LM" && task !== null && task !== undefined)
    throw unsupported(`${source}: an adapter for the task ${shown(task)}`, "is not converted; CAUSAL_LM is", {
      file: source,
      key: "task_type",
    });
  for (const [key, reason] of Object.entries(UNSUPPORTED))
    if (Object.hasOwn(config, key) && !isOff(config[key])) throw refusal(source, key, config[key], reason);
  if (typeof init === "string" && !INITS_THAT_KEEP_THE_BASE.test(init))
    throw refusal(
      source,
      "init_lora_weights",
      init,
      INITS_THAT_CHANGE_THE_BASE.test(init)
        ? "took something out of the base's weights first, so the adapter does not fit the base as published"
        : "is not known here, and may have changed the base's weights",
      INITS_THAT_CHANGE_THE_BASE.test(init) && !/^loftq$/i.test(init)
        ? "save it with path_initial_model_for_weight_conversion, which makes a plain LoRA of it"
        : undefined,
    );
  for (const [key, value] of Object.entries(config)) {
    if (READ.has(key) || WITHOUT_EFFECT.has(key) || Object.hasOwn(UNSUPPORTED, key) || isOff(value)) continue;
    throw refusal(source, key, value, "is not known here, and may change what the adapter does");
  }
}

function shown(value: unknown): string {
  return quote(typeof value === "string" ? value : String(JSON.stringify(value)));
}

function refusal(source: string, key: string, value: unknown, reason: string, hint?: string) {
  const shown = JSON.stringify(value);
  const text = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
  return unsupported(`${source}: ${quote(key)} (${text})`, reason, { file: source, key }, hint);
}
