// SPDX-License-Identifier: Apache-2.0
/**
 * The safetensors format (https://github.com/huggingface/safetensors, README, "Format"):
 *
 *     file   = length:u64le header data
 *     header = JSON, "{" first, spaces behind it: {"<name>": tensor, …, "__metadata__": {"<key>": "<text>", …}}
 *     tensor = {"dtype": "F32", "shape": [16, 4096], "data_offsets": [begin, end]}      ; from the first data byte
 *
 *     3c 00 00 00 00 00 00 00                                           60 bytes of header
 *     {"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}            and spaces up to 60
 *     00 3c 00 c0                                                       1, -2
 *
 * Matrices are row-major, the last dimension contiguous. Data is little-endian and lies without gaps or overlaps from
 * the header to the end of the file, so that no byte of a file is unaccounted for and none means two things. Other
 * readers keep the last of two equal keys; here a repeated key is an error.
 */
import { LoraError } from "../../errors.ts";
import { parseStrictJson } from "../../json/index.ts";
import { quote } from "../../names.ts";
import { MAX_DIMS, MAX_NAME_LENGTH } from "./limits.ts";

/** The types that weights and adapters are trained in. The format has more. */
export const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: Dtype;
  /** The last dimension is the contiguous one; none for a scalar. A dimension may be 0. */
  readonly shape: readonly number[];
  /** Of the first data byte, from the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SafetensorsHeader {
  /** By name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** `__metadata__`: text that whoever made the file wrote. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** In front of the header: its length. */
export const PREFIX_BYTES = 8;
const METADATA_KEY = "__metadata__";
const NAME = /^[\x21-\x7e]+$/;
const TENSOR_KEYS = "data_offsets,dtype,shape";

/**
 * @param json exactly the header
 * @throws LoraError SAFETENSORS_INVALID, SAFETENSORS_LIMIT, JSON_INVALID
 */
export function parseHeader(
  json: Uint8Array,
  file: { readonly name: string; readonly sizeBytes: number },
): SafetensorsHeader {
  if (json[0] !== 0x7b) throw invalid(file, "has a header that does not begin with {");
  const header = parseStrictJson(json, `the header of ${file.name}`) as Record<string, unknown>;
  const dataStart = PREFIX_BYTES + json.length;
  const tensors: SafetensorsTensor[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = parseMetadata(value, file);
    else tensors.push(parseTensor(name, value, dataStart, file));
  }
  // An empty tensor lies where the next one begins.
  tensors.sort((x, y) => x.offset - y.offset || x.sizeBytes - y.sizeBytes);
  assertContiguous(tensors, dataStart, file);
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

function parseMetadata(value: unknown, file: { name: string }): Map<string, string> {
  if (!isObject(value)) throw invalid(file, `has a ${METADATA_KEY} that is no object`);
  return new Map(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string")
        throw invalid(file, `has something other than text as ${quote(key)} in ${METADATA_KEY}`);
      return [key, text];
    }),
  );
}

function parseTensor(
  name: string,
  value: unknown,
  dataStart: number,
  file: { readonly name: string; readonly sizeBytes: number },
): SafetensorsTensor {
  if (name.length > MAX_NAME_LENGTH)
    throw limit(file, `has a tensor name of ${name.length} characters; at most ${MAX_NAME_LENGTH} are read`);
  if (!NAME.test(name))
    throw invalid(file, `has the tensor name ${quote(name)}, which is not printable ASCII`);
  if (!isObject(value) || Object.keys(value).sort().join() !== TENSOR_KEYS)
    throw invalid(file, `describes ${quote(name)} by other keys than dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype))
    throw invalid(
      file,
      `has ${quote(name)} as ${shown(dtype)}; ${Object.keys(DTYPE_BYTES).join(", ")} are read`,
    );
  const dims = parseIntegers(shape, `the shape of ${quote(name)}`, file);
  if (dims.length > MAX_DIMS)
    throw limit(file, `has ${dims.length} dimensions in ${quote(name)}; at most ${MAX_DIMS} are read`);
  const [begin, end, ...more] = parseIntegers(offsets, `the offsets of ${quote(name)}`, file);
  if (begin === undefined || end === undefined || more.length > 0 || begin > end)
    throw invalid(file, `has something other than a begin and an end as the offsets of ${quote(name)}`);
  const sizeBytes = sizeOf(dims, dtype as Dtype);
  if (sizeBytes !== end - begin)
    throw invalid(
      file,
      `gives ${quote(name)} ${end - begin} bytes; [${dims.join(", ")}] of ${dtype} takes ${sizeBytes}`,
    );
  if (end > file.sizeBytes - dataStart)
    throw invalid(
      file,
      `is cut off: it has ${file.sizeBytes} bytes, and ${quote(name)} ends at byte ${dataStart + end}`,
    );
  return { name, dtype: dtype as Dtype, shape: dims, offset: dataStart + begin, sizeBytes };
}

/** 64-bit in the format. JSON's numbers are doubles here, so what they cannot hold exactly is refused. */
function parseIntegers(value: unknown, what: string, file: { name: string }): number[] {
  if (!Array.isArray(value)) throw invalid(file, `has something other than a list as ${what}`);
  for (const number of value) {
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0)
      throw invalid(file, `has ${shown(number)} in ${what}, which is no number of things`);
    if (!Number.isSafeInteger(number)) throw limit(file, `has ${number} in ${what}, above 2^53 - 1`);
  }
  return value as number[];
}

/** NaN where the product leaves the range of exact numbers: it equals no length. */
function sizeOf(dims: readonly number[], dtype: Dtype): number {
  if (dims.includes(0)) return 0;
  const sizeBytes = dims.reduce((product, dim) => product * dim, DTYPE_BYTES[dtype]);
  return Number.isSafeInteger(sizeBytes) ? sizeBytes : Number.NaN;
}

function assertContiguous(
  tensors: readonly SafetensorsTensor[],
  dataStart: number,
  file: { readonly name: string; readonly sizeBytes: number },
): void {
  let end = dataStart;
  for (const { name, offset, sizeBytes } of tensors) {
    if (offset !== end)
      throw invalid(
        file,
        `has a ${offset > end ? "gap in front of" : "tensor that overlaps"} ${quote(name)}: it begins at byte ${offset}, what lies before ends at ${end}`,
      );
    end = offset + sizeBytes;
  }
  if (end !== file.sizeBytes)
    throw invalid(file, `has ${file.sizeBytes} bytes, but its tensors end at byte ${end}`);
}

/** A value of the header for a message: a JSON object may lack what `String` needs. */
export function shown(value: unknown): string {
  return quote(typeof value === "object" ? JSON.stringify(value) : String(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(file: { readonly name: string }, message: string): LoraError {
  return new LoraError("SAFETENSORS_INVALID", `${file.name} ${message}`, { details: { file: file.name } });
}

function limit(file: { readonly name: string }, message: string): LoraError {
  return new LoraError("SAFETENSORS_LIMIT", `${file.name} ${message}`, { details: { file: file.name } });
}
