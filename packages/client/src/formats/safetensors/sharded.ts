// SPDX-License-Identifier: Apache-2.0
/**
 * A model in several files, `model.safetensors.index.json` beside them:
 *
 *     {"metadata": {"total_size": 16060522496},
 *      "weight_map": {"model.embed_tokens.weight": "model-00001-of-00004.safetensors", …}}
 *
 * The index and the files must say the same: a tensor is in the file that the index names, and in no other.
 */
import type { ByteSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { parseStrictJson } from "../../json/index.ts";
import { type FileName, isFileName, quote } from "../../names.ts";
import { isPickleName, pickleRefused } from "./foreign.ts";
import { type SafetensorsTensor, shown } from "./header.ts";
import { MAX_INDEX_BYTES, MAX_SHARDS } from "./limits.ts";
import { readSafetensors } from "./read.ts";

export interface ShardedTensor extends SafetensorsTensor {
  readonly source: ByteSource;
}

/**
 * Which files there are, sorted: plain names, so that no index reaches out of its directory.
 * @throws LoraError SAFETENSORS_INVALID, SAFETENSORS_LIMIT, JSON_INVALID, PICKLE_REFUSED
 */
export function parseShardIndex(json: Uint8Array, source: string): ReadonlyMap<string, FileName> {
  if (json.length > MAX_INDEX_BYTES)
    throw new LoraError(
      "SAFETENSORS_LIMIT",
      `${source} has ${json.length} bytes; at most ${MAX_INDEX_BYTES} are read`,
    );
  const { weight_map: map } = (parseStrictJson(json, source) ?? {}) as { weight_map?: unknown };
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw invalid(source, "has no weight_map");
  const files = new Set<string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file === "string" && isPickleName(file)) throw pickleRefused(file);
    if (typeof file !== "string" || !isFileName(file))
      throw invalid(source, `has ${shown(file)} as the file of ${quote(tensor)}`);
    files.add(file);
  }
  if (files.size > MAX_SHARDS)
    throw new LoraError(
      "SAFETENSORS_LIMIT",
      `${source} names ${files.size} files; at most ${MAX_SHARDS} are read`,
    );
  return new Map(Object.entries(map as Record<string, FileName>));
}

/**
 * The tensors of all files, by name. Reads headers only.
 * @param index of `parseShardIndex`
 * @param openShard called once for each file, one after another; whoever opens disposes
 * @throws LoraError as `readSafetensors`; SAFETENSORS_INVALID where index and files differ
 */
export async function readShards(
  index: ReadonlyMap<string, FileName>,
  openShard: (file: FileName) => Promise<ByteSource>,
): Promise<ReadonlyMap<string, ShardedTensor>> {
  const tensors = new Map<string, ShardedTensor>();
  for (const name of [...new Set(index.values())].sort()) {
    const source = await openShard(name);
    const shard = await readSafetensors(source);
    for (const tensor of shard.tensors.values()) {
      if (index.get(tensor.name) !== name)
        throw invalid(
          source.name,
          `has the tensor ${quote(tensor.name)}, which the index does not place there`,
        );
      tensors.set(tensor.name, { ...tensor, source });
    }
  }
  for (const [tensor, file] of index)
    if (!tensors.has(tensor)) throw invalid(file, `has no tensor ${quote(tensor)}, though the index says so`);
  return tensors;
}

function invalid(name: string, message: string): LoraError {
  return new LoraError("SAFETENSORS_INVALID", `${name} ${message}`, { details: { file: name } });
}
