// SPDX-License-Identifier: Apache-2.0
/**
 * The tokenizer of a base as llama.cpp's converter writes it, as far as the fingerprint has it: the kind, which tokens
 * are of type NORMAL, the merges (llama.cpp, August 2026: conversion/base.py, llama.py, gemma.py, phi.py, qwen.py, gguf/vocab.py).
 *
 *     SentencePiece  `tokenizer.model`, kind "llama", no merges. NORMAL are the pieces that are not unknown, control,
 *                    unused or a byte; so what a user defined in the model is NORMAL, too. What added_tokens.json or
 *                    the config's added_tokens_decoder names is not, nor, of phi3, what tokenizer.json added.
 *     Llama's BPE    tokenizer.json with byte fallback, of llama and smollm3 without a tokenizer.model: kind "llama",
 *                    no merges. NORMAL are the model's tokens but for bytes, <0x0A>, and what is named special.
 *     BPE            tokenizer.json of all others: kind "gpt2". NORMAL are the model's tokens that nothing added.
 *
 * Ids behind the config's vocab_size are cut off, and those between without a token are padding, which is not NORMAL.
 */
import type { Architecture } from "../../convert/architectures.ts";
import { MAX_MODEL_BYTES, PIECE_TYPES, parseSentencePieces } from "../../formats/sentencepiece/index.ts";
import { quote } from "../../names.ts";
import { impossible } from "../impossible.ts";
import type { Vocabulary } from "../tokenizer.ts";
import { type BaseDirectory, readSmallFile } from "./base-directory.ts";
import {
  type AddedToken,
  MAX_TOKENIZER_BYTES,
  MAX_TOKENIZER_CONFIG_BYTES,
  parseAddedTokens,
  parseTokenizerConfig,
  parseTokenizerJson,
  type TokenizerConfig,
  type TokenizerJson,
  tokenizerInvalid,
} from "./tokenizer-files.ts";

const NOT_NORMAL: readonly number[] = [
  PIECE_TYPES.UNKNOWN,
  PIECE_TYPES.CONTROL,
  PIECE_TYPES.UNUSED,
  PIECE_TYPES.BYTE,
];
const BYTE_TOKEN = /^<0x[0-9A-Fa-f]{2}>$/;
/** What transformers' Llama tokenizers have as special where the config names none. */
const LLAMA_SPECIAL = ["<s>", "</s>", "<unk>"];
const NO_CONFIG: TokenizerConfig = { tokenizerClass: undefined, added: [], special: [] };

export interface DirectoryVocabulary extends Vocabulary {
  /** How many tokens tokenizer.json has; undefined where tokenizer.model was read. Gemma 3's embedding is cut to it. */
  readonly jsonTokens: number | undefined;
}

/** @throws LoraError FINGERPRINT_IMPOSSIBLE, TOKENIZER_INVALID, JSON_INVALID, BASE_CONFIG_INVALID for a file that is too large */
export async function readVocabulary(
  directory: BaseDirectory,
  architecture: Architecture,
  vocabularySize: number,
): Promise<DirectoryVocabulary> {
  const configFile = await readSmallFile(directory, "tokenizer_config.json", MAX_TOKENIZER_CONFIG_BYTES);
  const config =
    configFile === undefined ? NO_CONFIG : parseTokenizerConfig(configFile.bytes, configFile.name);
  const isGpt2Phi = architecture === "phi3" && config.tokenizerClass === "GPT2Tokenizer";
  const modelFile = isGpt2Phi
    ? undefined
    : await readSmallFile(directory, "tokenizer.model", MAX_MODEL_BYTES);
  const needsJson = modelFile === undefined || architecture === "phi3";
  const jsonFile = needsJson
    ? await readSmallFile(directory, "tokenizer.json", MAX_TOKENIZER_BYTES)
    : undefined;
  const json = jsonFile === undefined ? undefined : parseTokenizerJson(jsonFile.bytes, jsonFile.name);
  if (modelFile !== undefined) {
    const added = await readAddedTokens(directory);
    const normals = normalPieces(
      modelFile,
      [...added, ...config.added, ...(json?.added ?? [])],
      vocabularySize,
    );
    return { model: "llama", normals, merges: [], jsonTokens: undefined };
  }
  const onlyModel = architecture === "gemma2" || (architecture === "phi3" && !isGpt2Phi);
  if (json === undefined || onlyModel)
    throw impossible(
      directory,
      onlyModel
        ? `has no tokenizer.model, from which llama.cpp's converter takes the tokens of ${architecture}`
        : "has neither tokenizer.json nor tokenizer.model, so its tokens cannot be compared",
    );
  const jsonTokens = json.vocab.size + json.added.length;
  const isLlama = architecture === "llama" || architecture === "smollm3";
  if (isLlama && json.byteFallback && json.decoder === "Sequence")
    return { model: "llama", normals: normalsOfLlama(json, config), merges: [], jsonTokens };
  if (json.merges.length === 0) throw tokenizerInvalid(json.name, "has no merges");
  return {
    model: "gpt2",
    normals: normalsOfBpe(json, config, vocabularySize),
    merges: json.merges,
    jsonTokens,
  };
}

async function readAddedTokens(directory: BaseDirectory): Promise<AddedToken[]> {
  const file = await readSmallFile(directory, "added_tokens.json", MAX_TOKENIZER_CONFIG_BYTES);
  return file === undefined ? [] : parseAddedTokens(file.bytes, file.name);
}

function normalPieces(
  file: { bytes: Uint8Array; name: string },
  added: readonly AddedToken[],
  vocabularySize: number,
): Map<number, string> {
  const normals = new Map<number, string>();
  for (const [id, { text, type }] of parseSentencePieces(file.bytes, file.name).entries())
    if (id < vocabularySize && !NOT_NORMAL.includes(type)) normals.set(id, text);
  for (const { id } of added) normals.delete(id);
  return normals;
}

function normalsOfLlama(json: TokenizerJson, config: TokenizerConfig): Map<number, string> {
  const special = new Set([...LLAMA_SPECIAL, ...config.special]);
  const normals = new Map<number, string>();
  for (const [token, id] of json.vocab) {
    if (id >= json.vocab.size)
      throw tokenizerInvalid(json.name, `gives ${quote(token)} the id ${id}, behind a gap`);
    if (!BYTE_TOKEN.test(token) && !special.has(token)) normals.set(id, token);
  }
  return normals;
}

function normalsOfBpe(
  json: TokenizerJson,
  config: TokenizerConfig,
  vocabularySize: number,
): Map<number, string> {
  const added = new Set([
    ...[...json.added, ...config.added].map(({ content }) => content),
    ...config.special,
  ]);
  const normals = new Map<number, string>();
  for (const [token, id] of json.vocab) {
    if (id >= vocabularySize)
      throw tokenizerInvalid(
        json.name,
        `gives ${quote(token)} the id ${id}, and config.json says vocab_size ${vocabularySize}`,
      );
    if (!added.has(token)) normals.set(id, token);
  }
  return normals;
}
