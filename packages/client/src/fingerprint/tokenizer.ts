// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { type GgufFile, type GgufValue, getString, getUints } from "../formats/gguf/index.ts";
import { createHashWriter } from "./hash-writer.ts";

/** llama.cpp's token types; the others (unknown, control, user-defined, unused, byte) are what converters change. */
const NORMAL = 1;

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
  const types = getUints(file, "tokenizer.ggml.token_type");
  const count = tokens?.count ?? 0;
  if (types !== undefined && types.length !== count)
    throw new LoraError(
      "GGUF_INVALID",
      `${file.name} has ${count} tokens, but ${types.length} types of tokens`,
      {
        details: { file: file.name },
      },
    );
  const isNormal = (id: number) => types === undefined || types[id] === NORMAL;

  const writer = createHashWriter("lfp1.tokenizer").text(model);
  writer.number(types === undefined ? count : types.filter((type) => type === NORMAL).length);
  if (tokens !== undefined) {
    const { bytes } = tokens;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let id = 0, at = 0; at < bytes.length; id += 1) {
      const end = at + 8 + view.getUint32(at, true);
      if (isNormal(id)) writer.number(id).raw(bytes.subarray(at, end));
      at = end;
    }
  }
  const merges = strings(file, "tokenizer.ggml.merges");
  writer.number(merges?.count ?? 0);
  if (merges !== undefined) writer.raw(merges.bytes);
  return writer.digest();
}

function strings(file: GgufFile, key: string): GgufValue | undefined {
  const value = file.metadata.get(key);
  if (value === undefined || (value.type === "array" && value.elementType === "string")) return value;
  throw new LoraError("GGUF_INVALID", `${file.name} has ${key} that is no array of strings`, {
    details: { file: file.name, key },
  });
}
