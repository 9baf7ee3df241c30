// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import { type GgufFile, type GgufTensorInfo, getUint, readGguf } from "../formats/gguf/index.ts";
import { quote } from "../names.ts";

export interface JoinedBase {
  /** The metadata of the first part, the tensors of all. */
  readonly file: GgufFile;
  /** Where the data of a tensor is. */
  readonly sourceOf: (tensor: GgufTensorInfo) => ByteSource;
}

/**
 * Reads the headers of a base: of one file, or of all parts of a split one, in any order. A split base has all
 * metadata in its part 0 (`split.no`), and says in each how many there are (`split.count`).
 * @throws LoraError GGUF_INVALID, GGUF_LIMIT; FINGERPRINT_IMPOSSIBLE where parts are missing
 */
export async function joinShards(sources: readonly ByteSource[]): Promise<JoinedBase> {
  const parts: { source: ByteSource; file: GgufFile; index: number }[] = [];
  for (const source of sources) {
    const file = await readGguf(source);
    const count = getUint(file, "split.count") ?? 1;
    if (count > 1 && count !== sources.length)
      throw new LoraError(
        "FINGERPRINT_IMPOSSIBLE",
        `${file.name} is one of ${count} parts of a base, and ${sources.length} of them ${sources.length === 1 ? "was" : "were"} given`,
        {
          hint: "name the model by its first part, with all parts beside it",
          details: { file: file.name, count },
        },
      );
    parts.push({ source, file, index: sources.length === 1 ? 0 : (getUint(file, "split.no") ?? -1) });
  }
  parts.sort((x, y) => x.index - y.index);
  const [first] = parts;
  if (first === undefined) throw new LoraError("USAGE", "no file of a base was named");
  if (parts.length === 1) return { file: first.file, sourceOf: () => first.source };
  const home = new Map<GgufTensorInfo, ByteSource>();
  const names = new Set<string>();
  for (const [i, { source, file, index }] of parts.entries()) {
    if (index !== i)
      throw new LoraError(
        "FINGERPRINT_IMPOSSIBLE",
        `${file.name} is not part ${i + 1} of ${parts.length} of a base`,
        {
          hint: "name each part of the model once",
          details: { file: file.name },
        },
      );
    for (const tensor of file.tensors) {
      if (names.has(tensor.name))
        throw new LoraError("GGUF_INVALID", `${file.name} repeats ${quote(tensor.name)} of another part`);
      names.add(tensor.name);
      home.set(tensor, source);
    }
  }
  return {
    file: { ...first.file, tensors: parts.flatMap(({ file }) => file.tensors) },
    sourceOf: (tensor) => home.get(tensor) ?? first.source,
  };
}
