// SPDX-License-Identifier: Apache-2.0
/**
 * The strict reader of adapters: what it accepts may be given to llama.cpp. It runs where a file is packed, published
 * and installed, since llama.cpp calls files from strangers the user's own problem. Its limits are in `limits.ts`, the
 * allowed keys in `adapter-metadata.ts`, the tensors in `adapter-tensors.ts`.
 */
import type { ByteSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { adapterKeyType } from "./adapter-metadata.ts";
import { type AdapterTensor, moduleOf, pairTensors } from "./adapter-tensors.ts";
import type { GgufValue } from "./header.ts";
import { ADAPTER_LIMITS } from "./limits.ts";
import { elementsOf, type GgufElement, getFloat, getString, typeName } from "./metadata.ts";
import { type GgufFile, readGguf } from "./read.ts";

export interface Adapter {
  /** llama.cpp's name: `llama`, `qwen2`. */
  readonly architecture: string;
  /** Above 0. A tensor is applied with the factor alpha / rank. */
  readonly alpha: number;
  /** The highest of its tensors'; the only one unless mixed ranks were asked for. */
  readonly rank: number;
  /** Sorted, each once: `attn_q`, `ffn_down`, `token_embd`. */
  readonly targets: readonly string[];
  readonly tensors: readonly AdapterTensor[];
  readonly sizeBytes: number;
  /** Every key of the file. Written by whoever made it: text may hold line ends and terminal escapes. */
  readonly metadata: Readonly<Record<string, GgufElement | readonly GgufElement[]>>;
}

export interface ReadAdapterOptions {
  /** Whether pairs may differ in rank, as a rank pattern makes them. Not unless it was declared. */
  readonly mixedRanks?: boolean;
}

/**
 * Reads the header only: not one byte of the weights.
 * @throws LoraError GGUF_INVALID, GGUF_LIMIT, ADAPTER_INVALID, and what the source throws
 */
export async function readAdapter(source: ByteSource, options: ReadAdapterOptions = {}): Promise<Adapter> {
  const acceptKey = (key: string, earlier: ReadonlyMap<string, GgufValue>) => {
    if (adapterKeyType(key) === undefined) throw refusedKey(source.name, key, earlier);
  };
  const file = await readGguf(source, { limits: ADAPTER_LIMITS, acceptKey });
  const metadata = checkMetadata(file);
  const tensors = pairTensors(file);
  const rank = Math.max(...new Set(tensors.map((tensor) => tensor.rank)));
  const other = tensors.find((tensor) => tensor.rank !== rank);
  if (other !== undefined && options.mixedRanks !== true)
    throw invalid(source.name, `has rank ${rank}, but rank ${other.rank} in ${quote(other.base)}`);
  return {
    architecture: getString(file, "general.architecture") ?? "",
    alpha: getFloat(file, "adapter.lora.alpha") ?? 0,
    rank,
    targets: [...new Set(tensors.map(({ base }) => moduleOf(base)))].sort(),
    tensors,
    sizeBytes: source.sizeBytes,
    metadata,
  };
}

function checkMetadata(file: GgufFile): Adapter["metadata"] {
  const type = getString(file, "general.type");
  if (type === undefined) throw invalid(file.name, "is no adapter: it has no general.type");
  if (type === "model") throw notAnAdapter(file.name, getString(file, "general.architecture"));
  if (type !== "adapter") throw invalid(file.name, `is of the type ${quote(type)}, not an adapter`);
  for (const [key, value] of file.metadata) {
    const wanted = adapterKeyType(key);
    if (typeName(value) !== wanted)
      throw invalid(file.name, `has ${quote(key)} as ${typeName(value)}; it must be ${wanted}`);
  }
  if (!getString(file, "general.architecture")) throw invalid(file.name, "names no architecture");
  const method = getString(file, "adapter.type");
  if (method !== "lora")
    throw invalid(file.name, `is an adapter of the type ${quote(method ?? "")}, not lora`);
  const alpha = getFloat(file, "adapter.lora.alpha");
  if (alpha === undefined) throw invalid(file.name, "has no adapter.lora.alpha");
  if (!(alpha > 0) || !Number.isFinite(alpha)) throw invalid(file.name, `has an alpha of ${alpha}`);
  return Object.fromEntries(
    Array.from(file.metadata, ([key, value]) => {
      const elements = [...elementsOf(file, value)];
      return [key, value.type === "array" ? elements : (elements[0] as GgufElement)];
    }),
  );
}

/** A base has keys that an adapter may not have; whoever mixed the two up is told that, not which key was first. */
function refusedKey(name: string, key: string, earlier: ReadonlyMap<string, GgufValue>): LoraError {
  const text = (earlierKey: string) => {
    const value = earlier.get(earlierKey);
    return value?.type === "string" ? new TextDecoder().decode(value.bytes) : undefined;
  };
  const architecture = text("general.architecture");
  const ofModel = key.startsWith("tokenizer.") || (architecture && key.startsWith(`${architecture}.`));
  if (ofModel && text("general.type") !== "adapter") return notAnAdapter(name, architecture);
  return invalid(name, `has the metadata key ${quote(key)}, which an adapter may not have`);
}

function notAnAdapter(name: string, architecture: string | undefined): LoraError {
  const what = architecture ? ` (architecture ${quote(architecture)})` : "";
  return new LoraError("ADAPTER_INVALID", `${name} is a base model${what}, not an adapter`, {
    details: { file: name, kind: "base" },
  });
}

function invalid(name: string, message: string): LoraError {
  return new LoraError("ADAPTER_INVALID", `${name} ${message}`, { details: { file: name } });
}
