// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { type GgufFile, type GgufValue, getString } from "../formats/gguf/index.ts";
import { createHashWriter } from "./hash-writer.ts";

/** llama.cpp's token types; the others (unknown, control, user-defined, unused, byte) are what converters change. */
const NORMAL = 1;
const TOKEN_TYPES = "tokenizer.ggml.token_type";

/**
 * The `tokenizer` component; its bytes are in `components.ts`. The strings are hashed as the file has them, which is
 * the form that the component wants: their length as u64, then their bytes.
 * @throws LoraError FINGERPRINT_IMPOSSIBLE without a tokenizer; GGUF_INVALID where its parts contradict each other
 */
export function tokenizerDigest(file: GgufFile): Sha256 {
  const model = getString(file, "tokenizer.ggml.model");
  const tokens = strings(file, "tokenizer.ggml.tokens");
  if (model === undefined || (tokens === undefined && model !== "none" && model !== "no_vocab"))
    throw new LoraError(
      "FINGERPRINT_IMPOSSIBLE",
      `${file.name} has no tokenizer, so its tokens cannot be compared`,
      {
        details: { file: file.name },
      },
    );
  const count = tokens?.count ?? 0;
  const isNormal = normalTokens(file, count);
  const writer = createHashWriter("lfp1.tokenizer").text(model);
  let normals = 0;
  for (let id = 0; id < count; id += 1) if (isNormal(id)) normals += 1;
  writer.number(normals);
  if (tokens !== undefined) {
    const { bytes } = tokens;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let id = 0, at = 0; id < count; id += 1) {
      const end = at + 8 + view.getUint32(at, true);
      if (isNormal(id)) writer.number(id).raw(bytes, at, end);
      at = end;
    }
  }
  const merges = strings(file, "tokenizer.ggml.merges");
  writer.number(merges?.count ?? 0);
  if (merges !== undefined) writer.raw(merges.bytes);
  return writer.digest();
}

/** What the component is made of, where it comes from other files than GGUF. */
export interface Vocabulary {
  /** `gpt2` or `llama`, as llama.cpp calls kinds of tokenizers. */
  readonly model: string;
  /** The tokens of type NORMAL, by id. */
  readonly normals: ReadonlyMap<number, string>;
  readonly merges: readonly string[];
}

export function vocabularyDigest({ model, normals, merges }: Vocabulary): Sha256 {
  const writer = createHashWriter("lfp1.tokenizer").text(model).number(normals.size);
  for (const [id, text] of [...normals].sort(([x], [y]) => x - y)) writer.number(id).text(text);
  writer.number(merges.length);
  for (const merge of merges) writer.text(merge);
  return writer.digest();
}

/** Without types, all tokens are normal, as in llama.cpp. */
function normalTokens(file: GgufFile, count: number): (id: number) => boolean {
  const types = file.metadata.get(TOKEN_TYPES);
  if (types === undefined) return () => true;
  const { type, elementType, bytes } = types;
  if (type !== "array" || (elementType !== "i32" && elementType !== "u32") || types.count !== count)
    throw new LoraError(
      "GGUF_INVALID",
      `${file.name} has ${count} tokens, and its ${TOKEN_TYPES} are no ${count} 32-bit integers`,
      { details: { file: file.name } },
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (id) => view.getInt32(4 * id, true) === NORMAL;
}

function strings(file: GgufFile, key: string): GgufValue | undefined {
  const value = file.metadata.get(key);
  if (value === undefined || (value.type === "array" && value.elementType === "string")) return value;
  throw new LoraError("GGUF_INVALID", `${file.name} has ${key} that is no array of strings`, {
    details: { file: file.name, key },
  });
}
