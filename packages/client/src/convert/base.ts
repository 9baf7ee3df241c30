// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord } from "../fingerprint/base-record.ts";
import { type Architecture, isArchitecture } from "./architectures.ts";
import { parseBaseConfig } from "./base-config.ts";
import { unsupportedArchitecture } from "./unsupported.ts";

/** Where the facts about a base come from: its record (of a GGUF file), or the config.json of its directory. */
export type PeftBase =
  | { readonly record: BaseRecord }
  | {
      /** Content of config.json. */
      readonly config: string | Uint8Array;
      /** For messages. */
      readonly name?: string;
    };

/** What a conversion must know of the base that an adapter was trained on. */
export interface ConversionBase
  extends Pick<BaseRecord, "tensors" | "tiedEmbedding" | "headCount" | "headCountKv"> {
  readonly architecture: Architecture;
}

/** @throws LoraError PEFT_UNSUPPORTED for another architecture, BASE_CONFIG_INVALID, JSON_INVALID */
export function conversionBase(base: PeftBase): ConversionBase {
  if ("config" in base) return parseBaseConfig(base.config, base.name ?? "config.json");
  const { record } = base;
  if (!isArchitecture(record.architecture)) throw unsupportedArchitecture(record.architecture);
  return { ...record, architecture: record.architecture };
}

/** The number in a list of one for all blocks, or of one per block. */
export function headsOfBlock(heads: readonly number[], block: number): number | undefined {
  return heads.length === 1 ? heads[0] : heads[block];
}
