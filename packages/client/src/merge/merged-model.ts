// SPDX-License-Identifier: Apache-2.0
/**
 * A base's file with adapters merged in, its tensors in their order; those that no adapter changes byte for byte. Keys
 * are the base's, but for `general.alignment`, `general.file_type` of halves, `quantize.*` and:
 *
 *     lora.merged    array of string    "@demo/upper 1.0.0 scale 1"; so that nobody merges or applies them twice
 */
import type { ByteSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import { encodeGgufHeader } from "../formats/gguf/encode.ts";
import {
  dequantize,
  encodeTensorData,
  type FloatType,
  type GgufFile,
  type GgufTensorInfo,
  type GgufValue,
  isFloatType,
  stringArrayValue,
  TENSOR_TYPES,
  type TensorType,
  u32Value,
} from "../formats/gguf/index.ts";
import { DEFAULT_ALIGNMENT } from "../formats/gguf/limits.ts";
import { quote } from "../names.ts";
import { addToRows, type PairToApply, readRowDelta } from "./apply-pairs.ts";

const COPY_BYTES = 4 * 1024 * 1024;
/** Elements that are numbers at the same time, at most a row more. */
const CHUNK_ELEMENTS = 1024 * 1024;
/** llama.cpp's number for "mostly halves". */
const F16_FILE = 1;
export const MERGED_KEY = "lora.merged";

export interface MergeInput {
  base: { file: GgufFile; source: ByteSource };
  /** Where the numbers of a changed tensor come from: the base, or a copy of it in a type that can be read here. */
  readable: { file: GgufFile; source: ByteSource };
  /** By the name of the base's tensor. */
  pairs: ReadonlyMap<string, readonly PairToApply[]>;
  /** Of changed tensors: halves, or the type that each has (F32 where that cannot be written here). */
  type: "F16" | "own";
  /** For `lora.merged`. */
  merged: readonly string[];
}

/** Types of which the numbers can be taken here. */
export function unreadableTypes(file: GgufFile, names: Iterable<string>): TensorType[] {
  const byName = new Map(file.tensors.map((tensor) => [tensor.name, tensor.type]));
  const types = [...names].flatMap((name) => byName.get(name) ?? []);
  return [...new Set(types)].filter((type) => !isFloatType(type));
}

/** The file in order; a chunk is valid until the next one is asked for. @throws LoraError BASE_UNFIT, of the sources */
export async function* mergedModel(input: MergeInput): AsyncGenerator<Uint8Array> {
  const { base, readable, pairs, merged } = input;
  const typeOf = (type: TensorType): FloatType =>
    input.type === "F16" ? "F16" : isFloatType(type) ? type : "F32";
  const sources = new Map(readable.file.tensors.map((tensor) => [tensor.name, tensor]));
  for (const name of pairs.keys())
    if (!sources.has(name)) throw new LoraError("BASE_UNFIT", `the base has no tensor ${quote(name)}`);
  const kept = [...base.file.metadata].filter(
    ([key]) => key !== "general.alignment" && key !== MERGED_KEY && !key.startsWith("quantize."),
  );
  yield encodeGgufHeader({
    metadata: [
      ...kept.map(([key, value]): [string, GgufValue] =>
        key === "general.file_type" && input.type === "F16" ? [key, u32Value(F16_FILE)] : [key, value],
      ),
      [MERGED_KEY, stringArrayValue(merged)],
    ],
    tensors: base.file.tensors.map(({ name, dims, type }) => ({
      name,
      dims,
      type: pairs.has(name) ? typeOf(type) : type,
      data: undefined,
    })),
  }).header;
  for (const tensor of base.file.tensors) {
    const own = pairs.get(tensor.name);
    let lengthBytes = 0;
    const chunks =
      own === undefined
        ? copied(base.source, tensor)
        : changed(readable.source, sources.get(tensor.name) ?? tensor, own, typeOf(tensor.type));
    for await (const chunk of chunks) {
      lengthBytes += chunk.length;
      yield chunk;
    }
    yield new Uint8Array(-lengthBytes & (DEFAULT_ALIGNMENT - 1));
  }
}

async function* copied(source: ByteSource, tensor: GgufTensorInfo): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < tensor.sizeBytes; at += COPY_BYTES)
    yield source.read(tensor.offset + at, Math.min(COPY_BYTES, tensor.sizeBytes - at));
}

async function* changed(
  source: ByteSource,
  { name, dims, type, offset }: GgufTensorInfo,
  pairs: readonly PairToApply[],
  outputType: FloatType,
): AsyncGenerator<Uint8Array> {
  if (!isFloatType(type))
    throw new LoraError("BASE_UNFIT", `${quote(name)} is ${type}, which cannot be read here`);
  const deltas = await Promise.all(pairs.map(readRowDelta));
  const [rowLength = 1, ...others] = dims;
  const rows = others.reduce((product, dim) => product * dim, 1);
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  const rowBytes = (rowLength / blockElements) * blockBytes;
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_ELEMENTS / rowLength));
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const values = dequantize(type, await source.read(offset + row * rowBytes, count * rowBytes));
    for (const delta of deltas) addToRows(values, row, delta);
    yield encodeTensorData(outputType, values);
  }
}
