// SPDX-License-Identifier: Apache-2.0
/** For tests: GGUF files piece by piece, so that any piece can be wrong. The writer proper cannot make such files. */
import type { ByteSource } from "../../byte-source/index.ts";
import { TENSOR_TYPES, type TensorType } from "./tensor-types.ts";
import { VALUE_TYPES, type ValueType } from "./value-types.ts";

export type Bytes = Uint8Array | string;

export function bytes(...parts: readonly Bytes[]): Uint8Array {
  const arrays = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  const whole = new Uint8Array(arrays.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of arrays) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function u8(value: number): Uint8Array {
  return new Uint8Array([value]);
}

export function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}

export function u64(value: number | bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return out;
}

export function f32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setFloat32(0, value, true);
  return out;
}

/** A string with its length, or with another one. */
export function str(content: Bytes, claimed?: number | bigint): Uint8Array {
  const body = bytes(content);
  return bytes(u64(claimed ?? body.length), body);
}

export function typeId(type: ValueType | number): Uint8Array {
  return u32(typeof type === "number" ? type : VALUE_TYPES.indexOf(type));
}

export function pair(key: Bytes, type: ValueType | number, ...value: readonly Bytes[]): Uint8Array {
  return bytes(str(key), typeId(type), ...value);
}

export function strPair(key: string, text: Bytes): Uint8Array {
  return pair(key, "string", str(text));
}

export function u32Pair(key: string, value: number): Uint8Array {
  return pair(key, "u32", u32(value));
}

export function arrayPair(key: string, type: ValueType | number, count: number | bigint, ...items: Bytes[]) {
  return pair(key, "array", typeId(type), u64(count), ...items);
}

export interface RawTensor {
  name: Bytes;
  /** Claimed length of the name. */
  nameLength?: number | bigint;
  dims: readonly (number | bigint)[];
  /** Claimed number of dimensions. */
  dimCount?: number;
  type?: TensorType | number;
  /** Claimed offset; where it belongs unless given. */
  offset?: number | bigint;
}

export interface RawGguf {
  magic?: Bytes;
  version?: number;
  /** Claimed. */
  tensorCount?: number | bigint;
  /** Claimed. */
  keyCount?: number | bigint;
  pairs?: readonly Uint8Array[];
  tensors?: readonly RawTensor[];
  /** What the padding goes by, whatever `general.alignment` says. */
  alignment?: number;
  /** Bytes of data; as many as belong there unless given. */
  dataBytes?: number;
}

/** The header with the padding behind it, and how much data belongs behind that. */
export function rawHeader(file: RawGguf): { header: Uint8Array; dataBytes: number } {
  const { pairs = [], tensors = [], alignment = 32 } = file;
  const pad = (n: number) => Math.ceil(n / alignment) * alignment;
  let offset = 0;
  const infos = tensors.map((tensor) => {
    const { name, dims, type = "F32" } = tensor;
    const info = bytes(
      str(name, tensor.nameLength),
      u32(tensor.dimCount ?? dims.length),
      ...dims.map(u64),
      u32(typeof type === "number" ? type : TENSOR_TYPES[type].id),
      u64(tensor.offset ?? offset),
    );
    const { blockElements, blockBytes } = TENSOR_TYPES[typeof type === "number" ? "F32" : type];
    const elements = dims.reduce<number>((product, dim) => product * Number(dim), 1);
    offset += pad(Math.ceil(elements / blockElements) * blockBytes);
    return info;
  });
  const header = bytes(
    file.magic ?? "GGUF",
    u32(file.version ?? 3),
    u64(file.tensorCount ?? tensors.length),
    u64(file.keyCount ?? pairs.length),
    ...pairs,
    ...infos,
  );
  return { header: bytes(header, new Uint8Array(pad(header.length) - header.length)), dataBytes: offset };
}

export function rawGguf(file: RawGguf): Uint8Array {
  const { header, dataBytes } = rawHeader(file);
  return bytes(header, new Uint8Array(file.dataBytes ?? dataBytes));
}

/** A file of any size of which only the beginning has bytes; the rest is zeros that no memory holds. */
export function sparseSource(head: Uint8Array, sizeBytes: number, name = "sparse.gguf"): CountingSource {
  const source: CountingSource = {
    name,
    sizeBytes,
    reads: [],
    get bytesRead() {
      return source.reads.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    },
    read: async (offset, lengthBytes) => {
      source.reads.push({ offset, lengthBytes });
      const out = new Uint8Array(lengthBytes);
      if (offset < head.length) out.set(head.subarray(offset, offset + lengthBytes));
      return out;
    },
  };
  return source;
}

export interface CountingSource extends ByteSource {
  readonly reads: { offset: number; lengthBytes: number }[];
  readonly bytesRead: number;
}

export const ADAPTER_PAIRS = [
  strPair("general.architecture", "llama"),
  strPair("general.type", "adapter"),
  strPair("adapter.type", "lora"),
  pair("adapter.lora.alpha", "f32", f32(8)),
];

export const ADAPTER_TENSORS: readonly RawTensor[] = [
  { name: "blk.0.attn_q.weight.lora_a", dims: [64, 4] },
  { name: "blk.0.attn_q.weight.lora_b", dims: [4, 64] },
];

/** A well-formed adapter, with parts replaced. */
export function rawAdapter(changes: RawGguf = {}): RawGguf {
  return { pairs: ADAPTER_PAIRS, tensors: ADAPTER_TENSORS, ...changes };
}

export const BASE_PAIRS = [
  strPair("general.architecture", "llama"),
  strPair("general.name", "small"),
  u32Pair("llama.embedding_length", 64),
  u32Pair("llama.attention.head_count", 4),
  strPair("tokenizer.ggml.model", "gpt2"),
  arrayPair("tokenizer.ggml.tokens", "string", 3, str("a"), str("b"), str("<end>")),
  arrayPair("tokenizer.ggml.token_type", "i32", 3, u32(1), u32(1), u32(3)),
  arrayPair("tokenizer.ggml.merges", "string", 1, str("a b")),
];

export const BASE_TENSORS: readonly RawTensor[] = [
  { name: "token_embd.weight", dims: [64, 3] },
  { name: "blk.0.attn_norm.weight", dims: [64] },
  { name: "blk.0.attn_q.weight", dims: [64, 64] },
  { name: "output_norm.weight", dims: [64] },
];

/** A well-formed base, with parts replaced. */
export function rawBase(changes: RawGguf = {}): RawGguf {
  return { pairs: BASE_PAIRS, tensors: BASE_TENSORS, ...changes };
}
