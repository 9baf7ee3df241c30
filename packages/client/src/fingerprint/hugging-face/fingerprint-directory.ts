// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../../errors.ts";
import { withoutTrailingOnes } from "../../formats/gguf/tensor-types.ts";
import { readSafetensorsData, type ShardedTensor } from "../../formats/safetensors/index.ts";
import { quote } from "../../names.ts";
import type { BaseRecord } from "../base-record.ts";
import { lineageDigest, type Norm, structureDigest } from "../components.ts";
import { type BaseFingerprint, describeBase } from "../describe-base.ts";
import { impossible } from "../impossible.ts";
import { assertNormSizes, readAll } from "../lineage.ts";
import { vocabularyDigest } from "../tokenizer.ts";
import { byName, isNorm, normaliseHeads } from "../trunk.ts";
import type { BaseDirectory } from "./base-directory.ts";
import { type DirectoryConfig, readConfig } from "./config.ts";
import { normToF32 } from "./norm-values.ts";
import { llamaTensorName, normsOf } from "./tensor-names.ts";
import { readVocabulary } from "./vocabulary.ts";
import { readWeights } from "./weights.ts";

/**
 * Says which base a directory of the hub holds: the fingerprint is that of the GGUF file which llama.cpp's converter makes
 * of it. Reads config, tokenizer, the headers of the weights and the norms.
 * @throws LoraError FINGERPRINT_IMPOSSIBLE with the reason, BASE_CONFIG_INVALID, TOKENIZER_INVALID, SAFETENSORS_INVALID,
 *   SAFETENSORS_LIMIT, PICKLE_REFUSED, JSON_INVALID, FILE_NOT_FOUND, and what the directory throws
 */
export async function fingerprintDirectory(directory: BaseDirectory): Promise<BaseFingerprint> {
  const config = await readConfig(directory);
  const { architecture } = config;
  const weights = nameTensors(directory, config, await readWeights(directory));
  assertShapes(directory, config, weights);
  const vocabulary = await readVocabulary(directory, architecture, config.vocabularySize);
  const structure = {
    architecture,
    headCount: normaliseHeads(config.headCount, config.blocks),
    headCountKv: normaliseHeads(config.headCountKv, config.blocks),
    embeddingLength: config.hidden,
    trunkBlocks: config.blocks,
    tensors: tensorDims(config, weights, vocabulary.jsonTokens ?? config.vocabularySize),
  };
  const normTensors = [...weights]
    .filter(([name]) => isNorm(name, config.blocks))
    .sort(([x], [y]) => byName(x, y));
  assertNormSizes(
    directory,
    normTensors.map(([name, { shape }]) => ({ name, sizeBytes: 4 * (shape[0] ?? 0) })),
  );
  const plusOne = architecture.startsWith("gemma");
  const norms = await readAll(
    normTensors.map(
      ([name, tensor]) =>
        () =>
          readNorm(name, tensor, { plusOne }),
    ),
  );
  const components = {
    structure: structureDigest(structure),
    lineage: lineageDigest(norms),
    tokenizer: vocabularyDigest(vocabulary),
  };
  const { ropeFreqBase, normEpsilon } = config;
  return describeBase({
    structure,
    components,
    norms,
    ropeFreqBase,
    normEpsilon,
    name: undefined,
    quantization: weights.get("token_embd.weight")?.dtype ?? "F32",
    warnings: [],
  });
}

async function readNorm(name: string, tensor: ShardedTensor, shift: { plusOne: boolean }): Promise<Norm> {
  const bytes = await readSafetensorsData(tensor.source, tensor);
  return { name, data: normToF32(bytes, tensor.dtype, shift) };
}

/** The tensors by llama.cpp's names. */
function nameTensors(
  directory: BaseDirectory,
  { architecture, blocks }: DirectoryConfig,
  tensors: ReadonlyMap<string, ShardedTensor>,
): Map<string, ShardedTensor> {
  const named = new Map<string, ShardedTensor>();
  for (const [hfName, tensor] of tensors) {
    const found = llamaTensorName(hfName, architecture, blocks);
    if (found === "left out") continue;
    if (found === "unknown")
      throw impossible(directory, `has the tensor ${quote(hfName)}, which a ${architecture} base has not`);
    if (named.has(found.name)) throw impossible(directory, `has two tensors that are ${found.name}`);
    named.set(found.name, tensor);
  }
  return named;
}

/** The matrices as config.json has them, and all the norms: what llama.cpp would need to run it. */
function assertShapes(
  directory: BaseDirectory,
  config: DirectoryConfig,
  weights: ReadonlyMap<string, ShardedTensor>,
): void {
  const wrong = (name: string, what: string) =>
    new LoraError("BASE_CONFIG_INVALID", `${directory.name} ${what}`, {
      details: { directory: directory.name, tensor: name },
    });
  const need = (name: string): ShardedTensor => {
    const tensor = weights.get(name);
    if (tensor === undefined) throw wrong(name, `has no tensor that becomes ${name}`);
    return tensor;
  };
  for (const [name, dims] of Object.entries(config.tensors)) {
    if (!name.startsWith("blk.")) continue;
    const { shape, name: hfName } = need(name);
    const expected = dims.toReversed();
    if (shape.join() !== expected.join())
      throw wrong(name, `has ${hfName} as [${shape.join(", ")}]; config.json says [${expected.join(", ")}]`);
  }
  for (const [name, { name: hfName, shape: any }] of weights)
    if (any.length === 0 || any.length > 2 || any.includes(0))
      throw wrong(name, `has ${hfName} as [${any.join(", ")}], which is no vector or matrix`);
  const { shape } = need("token_embd.weight");
  if (shape.length !== 2 || shape[1] !== config.hidden || shape[0] === 0)
    throw wrong(
      "token_embd.weight",
      `has an embedding of [${shape.join(", ")}]; config.json says [${config.vocabularySize}, ${config.hidden}]`,
    );
  const headSize = (config.tensors["blk.0.attn_output.weight"]?.[0] ?? 0) / (config.headCount[0] ?? 1);
  const norms = ["output_norm"];
  for (let block = 0; block < config.blocks; block += 1)
    norms.push(...normsOf(config.architecture).map((norm) => `blk.${block}.${norm}`));
  for (const norm of norms) {
    const { shape: normShape, name: hfName } = need(`${norm}.weight`);
    const length = /attn_[qk]_norm$/.test(norm) ? headSize : config.hidden;
    if (normShape.length !== 1 || normShape[0] !== length)
      throw wrong(norm, `has ${hfName} as [${normShape.join(", ")}]; config.json says [${length}]`);
  }
}

/** Dims as GGUF has them, the contiguous one first; sorted by name. */
function tensorDims(
  config: DirectoryConfig,
  weights: ReadonlyMap<string, ShardedTensor>,
  tokens: number,
): BaseRecord["tensors"] {
  const dims: [string, readonly number[]][] = config.ropeTensors.map(([name, count]) => [name, [count]]);
  for (const [name, { shape }] of weights) {
    const [features = 0, rows = 0] = shape.toReversed();
    // Rows of tokens that Gemma 3's tokenizer does not have are cut off.
    const isCut = config.architecture === "gemma3" && name === "token_embd.weight" && rows > tokens;
    dims.push([name, withoutTrailingOnes(isCut ? [features, tokens] : shape.toReversed())]);
  }
  return Object.fromEntries(dims.sort(([x], [y]) => byName(x, y)));
}
