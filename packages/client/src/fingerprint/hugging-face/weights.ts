// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../../errors.ts";
import {
  MAX_INDEX_BYTES,
  parseShardIndex,
  pickleRefused,
  readSafetensors,
  readShards,
  type ShardedTensor,
} from "../../formats/safetensors/index.ts";
import { type FileName, parseFileName } from "../../names.ts";
import { impossible } from "../impossible.ts";
import { type BaseDirectory, readSmallFile } from "./base-directory.ts";

const INDEX = "model.safetensors.index.json";
const SINGLE = parseFileName("model.safetensors");
const PICKLES = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

/**
 * All tensors of a base by their names, from the headers of its files.
 * @throws LoraError FINGERPRINT_IMPOSSIBLE, FILE_NOT_FOUND for a shard that is missing, PICKLE_REFUSED, SAFETENSORS_INVALID,
 *   SAFETENSORS_LIMIT, JSON_INVALID
 */
export async function readWeights(directory: BaseDirectory): Promise<ReadonlyMap<string, ShardedTensor>> {
  const index = await readSmallFile(directory, INDEX, MAX_INDEX_BYTES);
  if (index !== undefined)
    return readShards(parseShardIndex(index.bytes, index.name), (file) => openShard(directory, file));
  const source = await directory.open(SINGLE);
  if (source !== undefined) {
    const { tensors } = await readSafetensors(source);
    return new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, source }]));
  }
  for (const pickle of PICKLES)
    if ((await directory.open(parseFileName(pickle))) !== undefined)
      throw pickleRefused(`${directory.name}/${PICKLES[0]}`);
  throw impossible(directory, `has neither ${INDEX} nor ${SINGLE}`);
}

async function openShard(directory: BaseDirectory, file: FileName) {
  const source = await directory.open(file);
  if (source !== undefined) return source;
  throw new LoraError("FILE_NOT_FOUND", `${directory.name} has no ${file}, which ${INDEX} names`, {
    hint: "download the missing file",
    details: { directory: directory.name, file },
  });
}
