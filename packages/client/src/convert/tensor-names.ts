// SPDX-License-Identifier: Apache-2.0
/**
 * Names of tensors in adapter_model.safetensors, and the base's tensor that each belongs to:
 *
 *     base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight     [r, in]       blk.0.attn_q.weight
 *     base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight     [out, r]
 *     base_model.model.lm_head.lora_A.weight                             [r, in]       output.weight
 *     base_model.model.model.embed_tokens.lora_embedding_A               [r, vocab]    token_embd.weight
 *     base_model.model.model.embed_tokens.lora_embedding_B               [embedding, r]
 *     base_model.model.model.embed_tokens.base_layer.weight              a copy of the base's, left out
 *
 * What is behind `base_model.model.` is the module's name in the base, which patterns of the config are matched with.
 */
import { quote } from "../names.ts";
import { type Architecture, rulesOf } from "./architectures.ts";
import { unsupported } from "./unsupported.ts";

const PREFIX = "base_model.model.";
const LAYER = /^layers\.(0|[1-9]\d{0,4})\.(.+)$/;

/** What a tensor's name says. */
export interface PeftName {
  /** `model.layers.0.self_attn.q_proj`. */
  readonly module: string;
  /** `copy`: the base's own weights, which PEFT saves beside an adapter of an embedding or output. */
  readonly part: "a" | "b" | "copy";
  readonly embedding: boolean;
}

/** Where a module is in llama.cpp. */
export interface ModulePlace {
  /** `blk.0.attn_q.weight`. */
  readonly base: string;
  /** Of `blk.<n>`; undefined for the embedding and the output. */
  readonly block: number | undefined;
  /** `attn_q`, `token_embd`, `output`. */
  readonly kind: string;
}

const PARTS: Readonly<Record<string, Pick<PeftName, "part" | "embedding">>> = {
  ".lora_A.weight": { part: "a", embedding: false },
  ".lora_B.weight": { part: "b", embedding: false },
  ".lora_embedding_A": { part: "a", embedding: true },
  ".lora_embedding_B": { part: "b", embedding: true },
  ".base_layer.weight": { part: "copy", embedding: false },
};

const SUFFIXES = Object.keys(PARTS);

/** In order: what is in such names, and why it cannot be converted. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\.lora_magnitude_vector/, "belongs to DoRA, which also scales each row of the base's weights"],
  [/\.lora_diag/, "belongs to KaSA, which adds a diagonal between lora_A and lora_B"],
  [
    /\.lora_(embedding_)?[AB]\.(?!(weight|bias)$)/,
    "still has the adapter's name inside, as save_pretrained never writes it",
  ],
  [/\.modules_to_save\./, "replaces a whole weight of the base, which a LoRA file cannot hold"],
  [/trainable_tokens/, "replaces rows of the embedding, which a LoRA file cannot hold"],
  [/\.bias$/, "changes a bias, and llama.cpp applies no change to a bias"],
  [/norm[^.]*\.weight$/, "changes a norm, which llama.cpp ignores without a word"],
  [
    /(embed_tokens|lm_head)\.weight$/,
    "replaces a whole weight of the base, as if its vocabulary had been changed",
  ],
];

/** @throws LoraError PEFT_UNSUPPORTED with the reason */
export function parseTensorName(tensor: string, source: string): PeftName {
  const refusal = (reason: string, hint?: string) =>
    unsupported(`${source}: the tensor ${quote(tensor)}`, reason, { file: source, tensor }, hint);
  const suffix = SUFFIXES.find((end) => tensor.endsWith(end));
  const part = suffix === undefined ? undefined : PARTS[suffix];
  if (suffix === undefined || part === undefined) {
    const known = REASONS.find(([pattern]) => pattern.test(tensor));
    throw refusal(known?.[1] ?? "is no lora_A or lora_B, and llama.cpp applies nothing else");
  }
  if (!tensor.startsWith(PREFIX))
    throw refusal(
      `has no ${PREFIX} in front, so it was not saved by PEFT`,
      "save the adapter with save_pretrained",
    );
  const module = tensor.slice(PREFIX.length, -suffix.length);
  if (part.part === "copy" && !/(^|\.)(embed_tokens|lm_head)$/.test(module))
    throw refusal("replaces a whole weight of the base, which a LoRA file cannot hold");
  return { ...part, module };
}

/** @throws LoraError PEFT_UNSUPPORTED for a module that the architecture does not have, or llama.cpp keeps elsewhere */
export function placeOf(module: string, architecture: Architecture, source: string): ModulePlace {
  const { modules, trunks } = rulesOf(architecture);
  const refusal = (reason: string) =>
    unsupported(`${source}: the module ${quote(module)}`, reason, { file: source, module, architecture });
  if (/\.experts(\.|$)|block_sparse_moe/.test(module))
    throw refusal("is an expert's, and adapters of single experts are not converted");
  if (/(^|\.)(vision|visual|audio|multi_modal)/.test(module))
    throw refusal("is not of the part that handles text, the only one that llama.cpp adapts");
  if (/norm$/.test(module)) throw refusal("is a norm, whose changes llama.cpp ignores without a word");
  if (/(^|\.)lm_head$/.test(module)) return { base: "output.weight", block: undefined, kind: "output" };
  for (const trunk of trunks) {
    if (!module.startsWith(trunk)) continue;
    const rest = module.slice(trunk.length);
    if (rest === "embed_tokens") return { base: "token_embd.weight", block: undefined, kind: "token_embd" };
    const [, layer, name = ""] = LAYER.exec(rest) ?? [];
    if (layer === undefined || !Object.hasOwn(modules, name)) continue;
    const kind = modules[name] as string;
    return { base: `blk.${layer}.${kind}.weight`, block: Number(layer), kind };
  }
  throw refusal(
    `is none of those that ${architecture} has: ${Object.keys(modules).join(", ")} of a layer, embed_tokens, lm_head`,
  );
}

/**
 * The way back: which module of PEFT a base's tensor belongs to.
 * @param base `blk.0.attn_q.weight`
 * @throws LoraError PEFT_UNSUPPORTED for one that PEFT has no adapter of
 */
export function moduleOf(base: string, architecture: Architecture): { module: string; kind: string } {
  const { modules, trunks } = rulesOf(architecture);
  if (base === "output.weight") return { module: "lm_head", kind: "output" };
  const [, block, kind = ""] = /^blk\.(\d+)\.(.+)\.weight$/.exec(base) ?? [];
  const name = Object.entries(modules).find(([, tensor]) => tensor === kind)?.[0];
  if (block === undefined || name === undefined) {
    throw unsupported(`the tensor ${quote(base)}`, "has no module of its own in PEFT", {
      tensor: base,
      architecture,
    });
  }
  return { module: `${trunks[0] ?? ""}layers.${block}.${name}`, kind };
}
