// SPDX-License-Identifier: Apache-2.0
/**
 * What matters of a tokenizer's JSON files. tokenizer.json, as huggingface/tokenizers writes it:
 *
 *     {"added_tokens": [{"id": 2, "content": "</s>", "special": true, …}, …],
 *      "decoder": {"type": "ByteLevel"},
 *      "model": {"type": "BPE", "byte_fallback": false, "vocab": {"!": 0, …}, "merges": ["Ġ t", …]}}
 *
 * Merges are pairs in newer files, ["Ġ", "t"], so that a part may have a space in it; the converter writes that as Ġ.
 * tokenizer_config.json, as transformers writes it, names special tokens, as text or as an object with `content`:
 *
 *     {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "additional_special_tokens": ["<|im_start|>"],
 *      "added_tokens_decoder": {"0": {"content": "<unk>", …}, …}}
 */
import { LoraError } from "../../errors.ts";
import { parseStrictJson } from "../../json/index.ts";
import { quote } from "../../names.ts";

/** Gemma 3's tokenizer.json, the largest there is, has 33 MB. */
export const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024;
export const MAX_TOKENIZER_CONFIG_BYTES = 8 * 1024 * 1024;
const MAX_TOKEN_ID = 2 ** 31 - 1;
/** llama.cpp writes a space inside a merge as GPT-2's alphabet does. */
const SPACE_IN_MERGE = "\u0120";

export interface TokenizerJson {
  readonly name: string;
  /** Ids of the tokens of the model, without those that were added. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Two parts and a space between them. */
  readonly merges: readonly string[];
  readonly added: readonly AddedToken[];
  readonly byteFallback: boolean;
  /** `ByteLevel`, `Sequence`, …; undefined where there is none. */
  readonly decoder: string | undefined;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
}

export interface TokenizerConfig {
  readonly tokenizerClass: string | undefined;
  readonly added: readonly AddedToken[];
  /** All that are named special: of the beginning, of the end, … */
  readonly special: readonly string[];
}

/** @throws LoraError JSON_INVALID, TOKENIZER_INVALID; another model than BPE is refused, for llama.cpp's converter knows none */
export function parseTokenizerJson(json: Uint8Array, name: string): TokenizerJson {
  const outer = parseStrictJson(json, name, MAX_TOKENIZER_BYTES);
  const model = isObject(outer) ? outer.model : undefined;
  if (!isObject(outer) || !isObject(model)) throw tokenizerInvalid(name, "has no model");
  if (model.type !== "BPE")
    throw tokenizerInvalid(name, `has a model of type ${shown(model.type)}; only BPE becomes GGUF`);
  const decoder = isObject(outer.decoder) ? outer.decoder.type : undefined;
  return {
    name,
    vocab: parseVocab(model.vocab, name),
    merges: parseMerges(model.merges ?? [], name),
    added: parseAddedList(outer.added_tokens ?? [], name),
    byteFallback: model.byte_fallback === true,
    decoder: typeof decoder === "string" ? decoder : undefined,
  };
}

/** @throws LoraError JSON_INVALID, TOKENIZER_INVALID */
export function parseTokenizerConfig(json: Uint8Array, name: string): TokenizerConfig {
  const config = parseStrictJson(json, name);
  if (!isObject(config)) throw tokenizerInvalid(name, "is no object");
  const decoder = config.added_tokens_decoder ?? {};
  if (!isObject(decoder)) throw tokenizerInvalid(name, "has added_tokens_decoder that is no object");
  const special = Object.entries(config).flatMap(([key, value]) => {
    if (/^(bos|eos|unk|sep|pad|cls|mask)_token$/.test(key)) return [value];
    if (key !== "additional_special_tokens" && key !== "extra_special_tokens") return [];
    return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  });
  return {
    tokenizerClass: typeof config.tokenizer_class === "string" ? config.tokenizer_class : undefined,
    added: Object.entries(decoder).map(([id, token]) => {
      const content = contentOf(token);
      if (content === undefined) throw tokenizerInvalid(name, `has no content of added token ${quote(id)}`);
      return { id: parseId(/^\d{1,10}$/.test(id) ? Number(id) : undefined, name, content), content };
    }),
    special: special.flatMap((token) => contentOf(token) ?? []),
  };
}

/**
 * added_tokens.json: `{"<pad>": 32000}`.
 * @throws LoraError JSON_INVALID, TOKENIZER_INVALID
 */
export function parseAddedTokens(json: Uint8Array, name: string): AddedToken[] {
  return [...parseVocab(parseStrictJson(json, name), name)].map(([content, id]) => ({ content, id }));
}

function parseVocab(value: unknown, name: string): Map<string, number> {
  if (!isObject(value)) throw tokenizerInvalid(name, "has no tokens with ids");
  const vocab = new Map<string, number>();
  const ids = new Set<number>();
  for (const [token, given] of Object.entries(value)) {
    const id = parseId(given, name, token);
    if (ids.has(id)) throw tokenizerInvalid(name, `gives the id ${id} to two tokens`);
    ids.add(id);
    vocab.set(assertText(token, name), id);
  }
  return vocab;
}

function parseMerges(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw tokenizerInvalid(name, "has merges that are no list");
  return value.map((merge: unknown, i) => {
    if (typeof merge === "string") return assertText(merge, name);
    if (Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === "string"))
      return merge.map((part: string) => assertText(part, name).replaceAll(" ", SPACE_IN_MERGE)).join(" ");
    throw tokenizerInvalid(name, `has a merge ${i} that is no pair`);
  });
}

function parseAddedList(value: unknown, name: string): AddedToken[] {
  if (!Array.isArray(value)) throw tokenizerInvalid(name, "has added_tokens that are no list");
  return value.map((token: unknown, i) => {
    const content = isObject(token) ? contentOf(token) : undefined;
    if (!isObject(token) || content === undefined)
      throw tokenizerInvalid(name, `has no content of added token ${i}`);
    return { id: parseId(token.id, name, content), content };
  });
}

function parseId(value: unknown, name: string, token: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_TOKEN_ID)
    return value;
  throw tokenizerInvalid(name, `gives ${quote(token)} the id ${shown(value)}`);
}

function contentOf(token: unknown): string | undefined {
  const content = isObject(token) ? token.content : token;
  return typeof content === "string" ? content : undefined;
}

/** Half a character has no bytes that could be hashed. */
function assertText(text: string, name: string): string {
  if (text.isWellFormed()) return text;
  throw tokenizerInvalid(name, `has half of a character in ${quote(text)}`);
}

function shown(value: unknown): string {
  return quote(typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined"));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function tokenizerInvalid(name: string, what: string): LoraError {
  return new LoraError("TOKENIZER_INVALID", `${name} ${what}`, { details: { file: name } });
}
