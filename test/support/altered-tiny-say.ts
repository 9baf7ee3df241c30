// SPDX-License-Identifier: Apache-2.0
/** tiny-say with the tokenizers of other models, for what runtimes do differently there. */
import { readFile, writeFile } from "node:fs/promises";
import { bytesSource } from "@lora/client/byte-source";
import {
  encodeGguf,
  type GgufValue,
  readGguf,
  stringArrayValue,
  stringValue,
  u32ArrayValue,
} from "@lora/client/gguf";
import { basePath } from "./tiny-say.ts";

type Metadata = Readonly<Record<string, GgufValue>>;

/** Writes the q8_0 of v1 with these keys replaced or added. */
export async function writeTinySay(path: string, changes: Metadata): Promise<void> {
  const bytes = await readFile(basePath("v1", "q8_0"));
  const { metadata, tensors } = await readGguf(bytesSource(bytes));
  await writeFile(
    path,
    encodeGguf({
      metadata: new Map([...metadata, ...Object.entries(changes)]),
      tensors: tensors.map(({ name, dims, type, offset, sizeBytes }) => ({
        name,
        dims,
        type,
        data: bytes.subarray(offset, offset + sizeBytes),
      })),
    }),
  );
}

/** Llama 2's: a blank is put before the prompt, and taken from before a whole text. */
export function spacePrefixTokenizer(): Metadata {
  return {
    "tokenizer.ggml.add_space_prefix": {
      type: "bool",
      elementType: "bool",
      count: 1,
      bytes: new Uint8Array([1]),
    },
  };
}

/**
 * Llama 3's, a byte-level BPE with text that is cleaned up; without merges, so that each byte keeps its token.
 * @param spellings texts of whole tokens in place of the letters that they are given for; "Ġ" is a blank
 */
export function cleanedUpTokenizer(spellings: Readonly<Record<string, string>>): Metadata {
  const NORMAL = 1;
  const CONTROL = 3;
  const letters = byteLetters().map((letter) => spellings[letter] ?? letter);
  const types = [CONTROL, CONTROL, CONTROL, ...letters.map(() => NORMAL)];
  return {
    "tokenizer.ggml.model": stringValue("gpt2"),
    "tokenizer.ggml.pre": stringValue("llama-bpe"),
    "tokenizer.ggml.tokens": stringArrayValue(["<unk>", "<s>", "</s>", ...letters]),
    "tokenizer.ggml.token_type": { ...u32ArrayValue(types), elementType: "i32" },
    "tokenizer.ggml.merges": stringArrayValue(["! ="]),
  };
}

/** How GPT-2 spells each byte: itself where it is printable, else the next free letter from U+0100 on. */
function byteLetters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let free = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : free++));
}
