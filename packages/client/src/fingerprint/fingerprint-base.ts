// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";
import {
  type GgufFile,
  getFloat,
  getString,
  getUint,
  getUints,
  quantizationOf,
} from "../formats/gguf/index.ts";
import { withoutTrailingOnes } from "../formats/gguf/tensor-types.ts";
import { quote } from "../names.ts";
import { ARCHITECTURE, BASE_TENSOR_NAME, type BaseRecord, MAX_BLOCKS } from "./base-record.ts";
import { lineageDigest, structureDigest } from "./components.ts";
import { type BaseFingerprint, describeBase } from "./describe-base.ts";
import { impossible } from "./impossible.ts";
import { joinShards } from "./join-shards.ts";
import { readNorms } from "./lineage.ts";
import { plainLine } from "./plain-line.ts";
import { tokenizerDigest } from "./tokenizer.ts";
import { byName, countTrunkBlocks, normaliseHeads } from "./trunk.ts";

/**
 * Says which base a file holds, whatever its quantization, from its header and its norms.
 * @param source one file, or all parts of a split one
 * @throws LoraError FINGERPRINT_IMPOSSIBLE with the reason, GGUF_INVALID, GGUF_LIMIT, and what the source throws
 */
export async function fingerprintBase(source: ByteSource | readonly ByteSource[]): Promise<BaseFingerprint> {
  const base = await joinShards("read" in source ? [source] : source);
  const { file } = base;
  const kind = getString(file, "general.type") ?? "model";
  if (kind === "adapter")
    throw impossible(
      file,
      "is an adapter, not a base model",
      "name the model that the adapter was trained on",
    );
  if (kind !== "model") throw impossible(file, `is of the type ${quote(kind)}, not a base model`);
  const architecture = getString(file, "general.architecture");
  if (architecture === undefined || !ARCHITECTURE.test(architecture))
    throw impossible(file, `names no architecture: ${quote(architecture ?? "")}`);
  const embeddingLength = getUint(file, `${architecture}.embedding_length`);
  if (!embeddingLength) throw impossible(file, `has no ${quote(`${architecture}.embedding_length`)}`);

  const tensors = tensorDims(file);
  const trunkBlocks = countTrunkBlocks(Object.keys(tensors));
  if (trunkBlocks === 0 || trunkBlocks > MAX_BLOCKS)
    throw impossible(file, `has ${trunkBlocks} blocks of a model's trunk`);
  const headCount = getUints(file, `${architecture}.attention.head_count`) ?? [];
  const headCountKv = getUints(file, `${architecture}.attention.head_count_kv`) ?? headCount;
  const structure = {
    architecture,
    headCount: normaliseHeads(headCount, trunkBlocks),
    headCountKv: normaliseHeads(headCountKv, trunkBlocks),
    embeddingLength,
    trunkBlocks,
    tensors,
  };
  const norms = await readNorms(base, trunkBlocks);
  const components = {
    structure: structureDigest(structure),
    lineage: lineageDigest(norms),
    tokenizer: tokenizerDigest(file),
  };
  return describeBase({
    structure,
    components,
    norms,
    ropeFreqBase: getFloat(file, `${architecture}.rope.freq_base`),
    normEpsilon:
      getFloat(file, `${architecture}.attention.layer_norm_rms_epsilon`) ??
      getFloat(file, `${architecture}.attention.layer_norm_epsilon`),
    name: plainLine(getString(file, "general.name")),
    quantization: quantizationOf(file),
    warnings: warningsOf(file, trunkBlocks),
  });
}

function tensorDims(file: GgufFile): BaseRecord["tensors"] {
  const dims: Record<string, readonly number[]> = {};
  for (const tensor of file.tensors.toSorted((x, y) => byName(x.name, y.name))) {
    // Keeps `__proto__` out as well.
    if (!BASE_TENSOR_NAME.test(tensor.name))
      throw impossible(file, `has a tensor named ${quote(tensor.name)}, which is no name of a base's`);
    dims[tensor.name] = withoutTrailingOnes(tensor.dims);
  }
  return dims;
}

function warningsOf(file: GgufFile, trunkBlocks: number): string[] {
  const left = file.tensors.some(({ name }) => name.startsWith(`blk.${trunkBlocks}.`));
  return left
    ? [`blocks from ${trunkBlocks} on predict further tokens and are not part of the fingerprint`]
    : [];
}
