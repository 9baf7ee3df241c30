// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from "../../errors.ts";
import { ALL_ONES, type HostileFile, hostileFile } from "./hostile-file.test.support.ts";
import type { GgufLimits } from "./limits.ts";
import {
  arrayPair,
  bytes,
  pair,
  type RawGguf,
  rawGguf,
  str,
  strPair,
  typeId,
  u8,
  u32,
  u32Pair,
  u64,
} from "./raw-gguf.test.support.ts";

/** Faults of the container, in an adapter or in a base: `valid` makes a sound file with parts replaced. */
export function containerFaults(valid: (changes?: RawGguf) => RawGguf, limits: GgufLimits): HostileFile[] {
  const { pairs = [], tensors = [] } = valid();
  const make = (name: string, code: ErrorCode, changes: RawGguf) =>
    hostileFile(name, code, () => rawGguf(valid(changes)));
  const withPair = (name: string, code: ErrorCode, extra: () => Uint8Array) =>
    hostileFile(name, code, () => rawGguf(valid({ pairs: [...pairs, extra()] })));
  /** In place of the last tensor, so that the others stay where they are. */
  const withTensor = (
    name: string,
    code: ErrorCode,
    change: Partial<NonNullable<RawGguf["tensors"]>[number]>,
  ) => {
    const last = tensors.at(-1) ?? { name: "", dims: [] };
    return make(name, code, { tensors: [...tensors.slice(0, -1), { ...last, ...change }], dataBytes: 4096 });
  };
  // A key that both kinds of file may have, with any value.
  const TEXT = "general.description";
  const LIST = "general.tags";
  return [
    hostileFile("empty file", "GGUF_INVALID", () => new Uint8Array(0)),
    hostileFile("three bytes", "GGUF_INVALID", () => bytes("GGU")),
    make("magic FUGG", "GGUF_INVALID", { magic: "FUGG" }),
    make("version 0", "GGUF_INVALID", { version: 0 }),
    make("version 1", "GGUF_INVALID", { version: 1 }),
    make("version of the future", "GGUF_INVALID", { version: 4 }),
    make("big-endian version", "GGUF_INVALID", { version: 3 << 24 }),
    make("tensor count of all ones", "GGUF_LIMIT", { tensorCount: ALL_ONES }),
    make("key count of all ones", "GGUF_LIMIT", { keyCount: ALL_ONES }),
    make("one tensor too many", "GGUF_LIMIT", { tensorCount: limits.maxTensors + 1 }),
    make("one key too many", "GGUF_LIMIT", { keyCount: limits.maxKeys + 1 }),
    make("more tensors claimed than there are", "GGUF_INVALID", { tensorCount: limits.maxTensors }),
    make("more keys claimed than there are", "GGUF_INVALID", { keyCount: limits.maxKeys, tensors: [] }),
    hostileFile("only a header, with claims", "GGUF_INVALID", () =>
      bytes("GGUF", u32(3), u64(limits.maxTensors), u64(limits.maxKeys)),
    ),

    withPair("key length of all ones", "GGUF_LIMIT", () => bytes(str("k", ALL_ONES), typeId("u8"), u8(1))),
    withPair("key longer than a string may be", "GGUF_LIMIT", () =>
      bytes(str("k".repeat(limits.maxStringBytes + 1)), typeId("u8"), u8(1)),
    ),
    withPair("key that runs behind the end", "GGUF_INVALID", () => str("k", 60_000)),
    withPair("empty key", "GGUF_INVALID", () => pair("", "u8", u8(1))),
    withPair("key with a NUL", "GGUF_INVALID", () => pair(`${TEXT}\0x`, "u8", u8(1))),
    withPair("key with a terminal escape", "GGUF_INVALID", () => pair("\u001b[2Jgeneral.x", "u8", u8(1))),
    withPair("key that is not UTF-8", "GGUF_INVALID", () => pair(new Uint8Array([0xff, 0xfe]), "u8", u8(1))),
    withPair("key twice", "GGUF_INVALID", () => strPair("general.architecture", "llama")),
    withPair("value type 13", "GGUF_INVALID", () => pair(TEXT, 13, u8(1))),
    withPair("value type of all ones", "GGUF_INVALID", () => pair(TEXT, 0xffff_ffff, u8(1))),
    withPair("array of value type 13", "GGUF_INVALID", () => arrayPair(LIST, 13, 1, u8(1))),
    withPair("array of arrays", "GGUF_INVALID", () =>
      arrayPair(LIST, "array", 1, typeId("u8"), u64(1), u8(1)),
    ),
    withPair("string length of all ones", "GGUF_LIMIT", () => pair(TEXT, "string", str("x", ALL_ONES))),
    withPair("string length of 2^63", "GGUF_LIMIT", () => pair(TEXT, "string", str("x", 2n ** 63n))),
    withPair("string one byte too long", "GGUF_LIMIT", () =>
      strPair(TEXT, "x".repeat(limits.maxStringBytes + 1)),
    ),
    withPair("string that runs behind the end", "GGUF_INVALID", () => pair(TEXT, "string", str("x", 60_000))),
    withPair("array count of all ones", "GGUF_LIMIT", () => arrayPair(LIST, "string", ALL_ONES)),
    withPair("array count whose size overflows 64 bits", "GGUF_LIMIT", () =>
      arrayPair(LIST, "u64", 2n ** 61n),
    ),
    withPair("array with one element too many", "GGUF_LIMIT", () =>
      arrayPair(LIST, "u8", limits.maxArrayElements + 1, new Uint8Array(limits.maxArrayElements + 1)),
    ),
    withPair("array that runs behind the end", "GGUF_INVALID", () => arrayPair(LIST, "u64", 4000, u64(1))),
    withPair("array of strings that runs behind the end", "GGUF_INVALID", () =>
      arrayPair(LIST, "string", 4000, str("x")),
    ),
    withPair("array with a string of all ones", "GGUF_LIMIT", () =>
      arrayPair(LIST, "string", 2, str("x"), str("x", ALL_ONES)),
    ),
    withPair("array with a string one byte too long", "GGUF_LIMIT", () =>
      arrayPair(LIST, "string", 1, str("x".repeat(limits.maxStringBytes + 1))),
    ),
    withPair("array with a string that runs behind the end", "GGUF_INVALID", () =>
      arrayPair(LIST, "string", 1, str("x", 60_000)),
    ),
    withPair("alignment 13", "GGUF_INVALID", () => u32Pair("general.alignment", 13)),
    withPair("alignment 0", "GGUF_INVALID", () => u32Pair("general.alignment", 0)),
    withPair("alignment 8192", "GGUF_LIMIT", () => u32Pair("general.alignment", 8192)),
    withPair("alignment as i32", "GGUF_INVALID", () => pair("general.alignment", "i32", u32(32))),
    withPair("alignment as a string", "GGUF_INVALID", () => strPair("general.alignment", "32")),
    withPair("alignment other than the padding's", "GGUF_INVALID", () => u32Pair("general.alignment", 1024)),

    withTensor("tensor name of 64 bytes", "GGUF_LIMIT", { name: `blk.0.${"x".repeat(45)}.weight.lora_b` }),
    withTensor("tensor name length of all ones", "GGUF_LIMIT", { nameLength: ALL_ONES }),
    withTensor("tensor without a name", "GGUF_INVALID", { name: "" }),
    withTensor("tensor name with a NUL", "GGUF_INVALID", { name: "blk.0.attn_q.weight\0" }),
    withTensor("tensor name with a line end", "GGUF_INVALID", { name: "blk.0\nx.weight" }),
    withTensor("tensor name twice", "GGUF_INVALID", { name: tensors[0]?.name ?? "" }),
    withTensor("five dimensions", "GGUF_LIMIT", { dims: [4, 4, 1, 1, 1] }),
    withTensor("2^32 - 1 dimensions", "GGUF_LIMIT", { dimCount: 0xffff_ffff }),
    withTensor("no dimensions", "GGUF_INVALID", { dims: [] }),
    withTensor("dimensions of all ones", "GGUF_LIMIT", { dims: [ALL_ONES, ALL_ONES] }),
    withTensor("dimension of 0", "GGUF_INVALID", { dims: [4, 0] }),
    withTensor("dimension of 2^53", "GGUF_LIMIT", { dims: [2n ** 53n, 1] }),
    withTensor("product of dimensions above 2^63", "GGUF_LIMIT", { dims: [4 * 0x7fffffff, 4 * 0x7fffffff] }),
    withTensor("product of dimensions that wraps to 0", "GGUF_LIMIT", { dims: [2n ** 32n, 2n ** 32n] }),
    withTensor("bytes above 2^53", "GGUF_LIMIT", { dims: [2 ** 26, 2 ** 26], type: "F64", offset: 0 }),
    withTensor("tensor type 43", "GGUF_INVALID", { type: 43 }),
    withTensor("tensor type of all ones", "GGUF_INVALID", { type: 0xffff_ffff }),
    withTensor("tensor type that was removed (4)", "GGUF_INVALID", { type: 4 }),
    withTensor("rows that are no multiple of the block", "GGUF_INVALID", { dims: [33, 4], type: "Q8_0" }),
    withTensor("offset of all ones", "GGUF_LIMIT", { offset: ALL_ONES }),
    withTensor("offset that leaves a gap", "GGUF_INVALID", { offset: 1 << 20 }),
    withTensor("offset of another tensor", "GGUF_INVALID", { offset: 0 }),
    withTensor("offset that is not aligned", "GGUF_INVALID", { offset: 1023 }),
    make("two tensors whose sizes overflow together", "GGUF_INVALID", {
      tensors: [
        { name: "blk.0.a.weight", dims: [2n ** 52n], type: "I8" },
        { name: "blk.0.b.weight", dims: [2n ** 52n], type: "I8" },
      ],
      dataBytes: 64,
    }),
    make("two tensors of nearly 2^63 bytes", "GGUF_LIMIT", {
      tensors: [
        { name: "blk.0.a.weight", dims: [0x7fff_ffff_ffff_ffc0n], type: "I8" },
        { name: "blk.0.b.weight", dims: [0x7fff_ffff_ffff_ffc0n], type: "I8" },
      ],
      dataBytes: 64,
    }),
    make("offsets for another alignment", "GGUF_INVALID", {
      tensors: [
        { name: "blk.0.a.weight", dims: [7] },
        { name: "blk.0.b.weight", dims: [7], offset: 28 },
      ],
    }),
    make("data that is missing", "GGUF_INVALID", { dataBytes: 0 }),
    make("data cut in half", "GGUF_INVALID", { dataBytes: 1024 }),
  ];
}
