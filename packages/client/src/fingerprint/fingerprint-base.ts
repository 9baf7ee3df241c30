// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import {
  type GgufFile,
  getFloat,
  getString,
  getUint,
  getUints,
  quantizationOf,
  readTensorData,
} from "../formats/gguf/index.ts";
import { withoutTrailingOnes } from "../formats/gguf/tensor-types.ts";
import { quote } from "../names.ts";
import {
  ARCHITECTURE,
  BASE_TENSOR_NAME,
  type BaseRecord,
  MAX_BASE_NAME_LENGTH,
  MAX_BLOCKS,
} from "./base-record.ts";
import { type Components, fingerprintOf, lineageDigest, type Norm, structureDigest } from "./components.ts";
import { describeTensors } from "./describe-tensors.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { type JoinedBase, joinShards } from "./join-shards.ts";
import { tokenizerDigest } from "./tokenizer.ts";
import { byName, countTrunkBlocks, isNorm, normaliseHeads } from "./trunk.ts";

export interface BaseFingerprint {
  readonly fingerprint: Fingerprint;
  readonly architecture: string;
  readonly components: Components;
  /** Its `builds` are empty: this does not read the whole file. */
  readonly record: BaseRecord;
  /** `general.name`, on one line; for people only. */
  readonly name: string | undefined;
  /** `Q4_K_M`. */
  readonly quantization: string;
  /** What a person should know about the file, though its fingerprint is sound. */
  readonly warnings: readonly string[];
}

/** Norms of a large model are a few MiB; a file that claims more is made to be read for long. */
export const MAX_NORMS_BYTES = 64 * 1024 * 1024;
const READS_AT_ONCE = 8;

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
  const components = {
    structure: structureDigest(structure),
    lineage: lineageDigest(await readNorms(base, trunkBlocks)),
    tokenizer: tokenizerDigest(file),
  };
  const fingerprint = fingerprintOf(architecture, components);
  const name = plainLine(getString(file, "general.name"));
  const record: BaseRecord = {
    v: 1,
    fingerprint,
    components,
    ...structure,
    ...describeTensors(tensors),
    ...defined({
      ropeFreqBase: getFloat(file, `${architecture}.rope.freq_base`),
      normEpsilon:
        getFloat(file, `${architecture}.attention.layer_norm_rms_epsilon`) ??
        getFloat(file, `${architecture}.attention.layer_norm_epsilon`),
    }),
    names: name === undefined ? [] : [name],
    builds: [],
  };
  const quantization = quantizationOf(file);
  return {
    fingerprint,
    architecture,
    components,
    record,
    name,
    quantization,
    warnings: warningsOf(file, record),
  };
}

function tensorDims(file: GgufFile): BaseRecord["tensors"] {
  const dims = file.tensors.map((tensor) => {
    if (!BASE_TENSOR_NAME.test(tensor.name))
      throw impossible(file, `has a tensor named ${quote(tensor.name)}, which is no name of a base's`);
    return [tensor.name, withoutTrailingOnes(tensor.dims)] as const;
  });
  return Object.fromEntries(dims.sort(([x], [y]) => byName(x, y)));
}

async function readNorms({ file, sourceOf }: JoinedBase, trunkBlocks: number): Promise<Norm[]> {
  const infos = file.tensors.filter(({ name }) => isNorm(name, trunkBlocks));
  if (infos.length === 0)
    throw impossible(file, "has no norm weights, and by them alone two versions of a base are told apart");
  // Hashing only some of them would give another fingerprint than the same base has elsewhere.
  const other = infos.find(({ type }) => type !== "F32");
  if (other !== undefined)
    throw impossible(
      file,
      `has ${quote(other.name)} as ${other.type}; norms must be F32, as llama.cpp keeps them`,
    );
  const sizeBytes = infos.reduce((sum, info) => sum + info.sizeBytes, 0);
  if (sizeBytes > MAX_NORMS_BYTES)
    throw impossible(file, `has ${sizeBytes} bytes of norms; at most ${MAX_NORMS_BYTES} are read`);
  const norms: Norm[] = [];
  // Several at a time: over HTTP each is a round trip.
  for (let i = 0; i < infos.length; i += READS_AT_ONCE) {
    const reads = infos
      .slice(i, i + READS_AT_ONCE)
      .map(async (info) => ({ name: info.name, data: await readTensorData(sourceOf(info), info) }));
    norms.push(...(await Promise.all(reads)));
  }
  return norms;
}

function warningsOf(file: GgufFile, record: BaseRecord): string[] {
  const warnings: string[] = [];
  const left = file.tensors.filter(({ name }) => name.startsWith(`blk.${record.trunkBlocks}.`)).length;
  if (left > 0)
    warnings.push(
      `blocks from ${record.trunkBlocks} on predict further tokens and are not part of the fingerprint`,
    );
  if (record.architecture.startsWith("gemma"))
    warnings.push(
      "Gemma bases that were saved as fp16 at some time have other norms, hence another fingerprint",
    );
  return warnings;
}

/** Names go to terminals and web pages, so they lose what is no text, and all beyond a line. */
function plainLine(text: string | undefined): string | undefined {
  const line = text
    ?.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ")
    .trim()
    .slice(0, MAX_BASE_NAME_LENGTH)
    .toWellFormed();
  return line === "" ? undefined : line;
}

function defined<Value extends Record<string, unknown>>(
  value: Value,
): { [Key in keyof Value]?: NonNullable<Value[Key]> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}

function impossible(file: GgufFile, what: string, hint?: string): LoraError {
  return new LoraError("FINGERPRINT_IMPOSSIBLE", `${file.name} ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { file: file.name },
  });
}
