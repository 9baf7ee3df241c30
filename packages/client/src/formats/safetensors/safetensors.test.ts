// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteSource, bytesSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import {
  MAX_DIMS,
  MAX_HEADER_BYTES,
  MAX_NAME_LENGTH,
  readSafetensors,
  readSafetensorsData,
  type SafetensorsContent,
  writeSafetensors,
} from "./index.ts";

const NAME = "adapter_model.safetensors";

/** A file piece by piece, so that any piece can be wrong. */
function file(header: string, dataBytes = 0, headerBytes?: number | bigint): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes ?? json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (begin: number | string, end: number | string, shape = "[2]", dtype = '"F32"') =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":[${begin},${end}]}`;
const one = (description: string) => file(`{"a":${description}}`, 8);
const read = (bytes: Uint8Array) => readSafetensors(bytesSource(bytes, NAME));

const REFUSED: readonly (readonly [why: string, bytes: Uint8Array, code: string, message: string])[] = [
  ["an empty file", new Uint8Array(), "SAFETENSORS_INVALID", "ends inside the length"],
  ["seven bytes", new Uint8Array(7), "SAFETENSORS_INVALID", "ends inside the length"],
  ["a header without an end", file("{}", 0, 100), "SAFETENSORS_INVALID", "ends inside its header"],
  ["an empty header", file(""), "SAFETENSORS_INVALID", "does not begin with {"],
  ["a space in front of the header", file(" {}"), "SAFETENSORS_INVALID", "does not begin with {"],
  ["a list for a header", file("[]"), "SAFETENSORS_INVALID", "does not begin with {"],
  ["a header that is no JSON", file("{oops"), "JSON_INVALID", "is not JSON"],
  ["a comment in the header", file("{/**/}"), "JSON_INVALID", "is not JSON"],
  ["a header that is no UTF-8", file('{"\u00e9":1}').fill(0xff, 10, 11), "JSON_INVALID", "UTF-8"],
  ["a header nested too deep", file(`{"a":${"[".repeat(80)}${"]".repeat(80)}}`), "JSON_INVALID", "deeper"],
  ["two tensors of one name", file(`{"a":${tensor(0, 8)},"a":${tensor(0, 8)}}`, 8), "JSON_INVALID", "twice"],
  [
    "two escapes of one name",
    file(`{"a":${tensor(0, 8)},"\\u0061":${tensor(0, 8)}}`, 8),
    "JSON_INVALID",
    "twice",
  ],
  [
    "a key twice in a tensor",
    one('{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,8]}'),
    "JSON_INVALID",
    "twice",
  ],
  ["a tensor that is a number", one("1"), "SAFETENSORS_INVALID", "by other keys"],
  ["a tensor that is null", one("null"), "SAFETENSORS_INVALID", "by other keys"],
  ["a tensor without a shape", one('{"dtype":"F32","data_offsets":[0,8]}'), "SAFETENSORS_INVALID", "keys"],
  [
    "a tensor with one more key",
    one('{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}'),
    "SAFETENSORS_INVALID",
    "by other keys",
  ],
  ["a type that is not read", one(tensor(0, 8, "[1]", '"F64"')), "SAFETENSORS_INVALID", '"F64"'],
  ["a quantized type", one(tensor(0, 8, "[8]", '"F8_E4M3"')), "SAFETENSORS_INVALID", "F32, F16, BF16 are"],
  ["a type of the prototype", one(tensor(0, 8, "[8]", '"toString"')), "SAFETENSORS_INVALID", "toString"],
  ["a type that is no text", one(tensor(0, 8, "[8]", "32")), "SAFETENSORS_INVALID", '"32"'],
  ["a type without a text", one(tensor(0, 8, "[8]", '{"toString":1}')), "SAFETENSORS_INVALID", "toString"],
  ["a shape that is a number", one(tensor(0, 8, "2")), "SAFETENSORS_INVALID", "other than a list"],
  ["a negative dimension", one(tensor(0, 8, "[-2]")), "SAFETENSORS_INVALID", '"-2"'],
  ["half a dimension", one(tensor(0, 8, "[2.5]")), "SAFETENSORS_INVALID", '"2.5"'],
  ["a dimension in quotes", one(tensor(0, 8, '["2"]')), "SAFETENSORS_INVALID", "no number of things"],
  ["an infinite dimension", one(tensor(0, 8, "[1e999]")), "SAFETENSORS_INVALID", '"Infinity"'],
  [
    "a dimension that doubles do not hold",
    one(tensor(0, 8, "[9007199254740993]")),
    "SAFETENSORS_LIMIT",
    "above 2^53 - 1",
  ],
  [
    "dimensions whose product wraps to the length",
    one(tensor(0, 8, "[4294967296,4294967296,2]")),
    "SAFETENSORS_INVALID",
    "takes NaN",
  ],
  ["one offset", one('{"dtype":"F32","shape":[2],"data_offsets":[8]}'), "SAFETENSORS_INVALID", "a begin and"],
  [
    "three offsets",
    one('{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}'),
    "SAFETENSORS_INVALID",
    "begin",
  ],
  ["an end in front of the begin", one(tensor(8, 0)), "SAFETENSORS_INVALID", "a begin and an end"],
  ["an offset of 2^63", one(tensor(0, "9223372036854775808")), "SAFETENSORS_LIMIT", "above 2^53 - 1"],
  ["fewer bytes than the shape takes", one(tensor(0, 8, "[3]")), "SAFETENSORS_INVALID", "takes 12"],
  ["data behind the end of the file", one(tensor(0, 12, "[3]")), "SAFETENSORS_INVALID", "is cut off"],
  ["a gap in front", one(tensor(4, 8, "[1]")), "SAFETENSORS_INVALID", 'a gap in front of "a"'],
  [
    "a gap between",
    file(`{"a":${tensor(0, 8)},"b":${tensor(12, 20)}}`, 20),
    "SAFETENSORS_INVALID",
    'a gap in front of "b"',
  ],
  [
    "an overlap",
    file(`{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12),
    "SAFETENSORS_INVALID",
    'a tensor that overlaps "b"',
  ],
  [
    "two tensors on the same bytes",
    file(`{"a":${tensor(0, 8)},"b":${tensor(0, 8)}}`, 8),
    "SAFETENSORS_INVALID",
    "overlaps",
  ],
  ["bytes behind the last tensor", file(`{"a":${tensor(0, 8)}}`, 9), "SAFETENSORS_INVALID", "tensors end at"],
  ["bytes and no tensor", file("{}", 1), "SAFETENSORS_INVALID", "tensors end at"],
  ["an empty tensor behind the end", file(`{"a":${tensor(4, 4, "[0]")}}`), "SAFETENSORS_INVALID", "cut off"],
  ["metadata that is a list", file('{"__metadata__":[]}'), "SAFETENSORS_INVALID", "no object"],
  ["metadata that is no text", file('{"__metadata__":{"r":16}}'), "SAFETENSORS_INVALID", "other than text"],
  ["an empty name", file(`{"":${tensor(0, 8)}}`, 8), "SAFETENSORS_INVALID", "not printable ASCII"],
  ["an escape in a name", file(`{"\\u001b[2J":${tensor(0, 8)}}`, 8), "SAFETENSORS_INVALID", "\\u001b"],
  ["a NUL in a name", file(`{"a\\u0000":${tensor(0, 8)}}`, 8), "SAFETENSORS_INVALID", "printable ASCII"],
  [
    "a zip, as PyTorch saves",
    new TextEncoder().encode("PK\u0003\u0004 and so on"),
    "PICKLE_REFUSED",
    "run code when it is opened",
  ],
  [
    "a bare pickle",
    new Uint8Array([0x80, 2, 0x7d, 0x71, 0, 0, 0, 0, 0]),
    "PICKLE_REFUSED",
    "a Python pickle",
  ],
  ["a GGUF file", new TextEncoder().encode("GGUF\u0003\0\0\0 and so on"), "SAFETENSORS_INVALID", "is a GGUF"],
  [
    "a pointer of Git LFS",
    new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"),
    "SAFETENSORS_INVALID",
    "is a Git LFS pointer",
  ],
];

describe("readSafetensors", () => {
  it.each(REFUSED)("refuses %s", async (_, bytes, code, message) => {
    const error = await read(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LoraError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect((error as LoraError).message).toContain(NAME);
  });

  it("says how to get rid of a pickle", async () => {
    const error = await readSafetensors(
      bytesSource(new Uint8Array([0x80, 4, 0, 0]), "x/adapter_model.bin"),
    ).catch((thrown: LoraError) => thrown);
    expect(error).toMatchObject({
      hint: `write it as safetensors: python3 -c 'import torch, safetensors.torch as s; s.save_file(torch.load("adapter_model.bin", weights_only=True, map_location="cpu"), "adapter_model.safetensors")'`,
    });
  });

  it("reads what PEFT's files hold", async () => {
    const bytes = readFileSync(
      new URL("../../../../../test/fixtures/tiny-say/v1/shout/adapter_model.safetensors", import.meta.url),
    );
    const source = bytesSource(bytes, NAME);
    const { tensors } = await readSafetensors(source);
    expect(tensors.size).toBe(16);
    const name = "base_model.model.model.layers.1.mlp.down_proj.lora_A.weight";
    const lora = tensors.get(name);
    if (lora === undefined) throw new Error("missing");
    expect(lora).toMatchObject({ name, dtype: "F32", shape: [4, 176], sizeBytes: 2816 });
    expect((await readSafetensorsData(source, lora)).length).toBe(2816);
  });

  it("takes spaces behind the header, scalars, empty tensors and metadata", async () => {
    const header = `{"__metadata__":{"format":"pt"},"none":${tensor(4, 4, "[0,3]", '"BF16"')},"b":${tensor(0, 4, "[]")}}   `;
    const { tensors, metadata } = await read(file(header, 4));
    expect([...metadata]).toEqual([["format", "pt"]]);
    expect([...tensors.values()].map(({ name, shape, sizeBytes }) => [name, shape, sizeBytes])).toEqual([
      ["b", [], 4],
      ["none", [0, 3], 0],
    ]);
  });

  it("reads nothing but the header, however large the file", async () => {
    const start = file(`{"a":${tensor(0, 2 ** 44, "[4398046511104]")}}`);
    const reads: number[] = [];
    const source: ByteSource = {
      name: NAME,
      sizeBytes: start.length + 2 ** 44,
      read: async (offset, lengthBytes) => {
        reads.push(offset + lengthBytes);
        return start.slice(offset, offset + lengthBytes);
      },
    };
    expect((await readSafetensors(source)).tensors.get("a")?.sizeBytes).toBe(2 ** 44);
    expect(Math.max(...reads)).toBe(start.length);
  });

  describe("limits", () => {
    it(`refuses a header of more than ${MAX_HEADER_BYTES} bytes, and reads one of as many`, async () => {
      const pad = (bytes: number) => file("{}".padEnd(bytes));
      await expect(read(pad(MAX_HEADER_BYTES))).resolves.toMatchObject({ tensors: new Map() });
      await expect(read(pad(MAX_HEADER_BYTES + 1))).rejects.toMatchObject({
        code: "SAFETENSORS_LIMIT",
        message: `${NAME} has a header of 1048577 bytes; at most 1048576 are read`,
      });
    });

    it("names a length of 64 bits without loss", async () => {
      await expect(read(file("{}", 0, 2n ** 64n - 1n))).rejects.toMatchObject({
        code: "SAFETENSORS_LIMIT",
        message: expect.stringContaining("18446744073709551615"),
      });
    });

    it(`refuses a name of more than ${MAX_NAME_LENGTH} characters`, async () => {
      const named = (length: number) => file(`{"${"a".repeat(length)}":${tensor(0, 8)}}`, 8);
      await expect(read(named(MAX_NAME_LENGTH))).resolves.toBeDefined();
      await expect(read(named(MAX_NAME_LENGTH + 1))).rejects.toMatchObject({ code: "SAFETENSORS_LIMIT" });
    });

    it(`refuses more than ${MAX_DIMS} dimensions`, async () => {
      const shaped = (dims: number) => one(tensor(0, 8, `[2${",1".repeat(dims - 1)}]`));
      await expect(read(shaped(MAX_DIMS))).resolves.toBeDefined();
      await expect(read(shaped(MAX_DIMS + 1))).rejects.toMatchObject({ code: "SAFETENSORS_LIMIT" });
    });
  });

  it("never throws anything but a LoraError, whatever the bytes", async () => {
    const valid = writeSafetensors({
      tensors: [{ name: "a", dtype: "F32", shape: [2], data: new Uint8Array(8) }],
    });
    const damaged = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 4 })
      .map((edits) => edits.reduce((bytes, [at, byte]) => bytes.fill(byte, at, at + 1), valid.slice()));
    const headers = fc.json().map((json) => file(json, 8));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged, headers), async (bytes) => {
        await read(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(LoraError));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("writeSafetensors", () => {
  const contents = fc
    .uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-z_.0-9]{1,12}$/),
        dtype: fc.constantFrom("F32", "F16", "BF16"),
        shape: fc.array(fc.nat(4), { maxLength: 3 }),
      }),
      { selector: ({ name }) => name, maxLength: 6 },
    )
    .map((tensors): SafetensorsContent["tensors"] =>
      tensors.map(({ name, dtype, shape }) => {
        const sizeBytes = shape.reduce((product, dim) => product * dim, dtype === "F32" ? 4 : 2);
        return { name, dtype, shape, data: new Uint8Array(sizeBytes).map((_, i) => i + name.length) };
      }),
    );

  it("writes what the reader reads", async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (tensors) => {
        const source = bytesSource(writeSafetensors({ metadata: { format: "pt" }, tensors }), NAME);
        const found = await readSafetensors(source);
        expect(found.metadata.get("format")).toBe("pt");
        expect(found.tensors.size).toBe(tensors.length);
        for (const { name, dtype, shape, data } of tensors) {
          const tensor = found.tensors.get(name);
          expect(tensor).toMatchObject({ dtype, shape });
          expect(tensor && (await readSafetensorsData(source, tensor))).toEqual(data);
        }
      }),
    );
  });

  it("gives the same bytes for any order of the same tensors", () => {
    fc.assert(
      fc.property(contents, (tensors) => {
        const metadata = { b: "2", a: "1" };
        const one = writeSafetensors({ metadata, tensors });
        const other = writeSafetensors({ metadata: { a: "1", b: "2" }, tensors: tensors.toReversed() });
        expect(other).toEqual(one);
      }),
    );
  });

  it("does not write one name twice, or data that is not of its shape", () => {
    const a = { name: "a", dtype: "F32", shape: [1], data: new Uint8Array(4) } as const;
    expect(() => writeSafetensors({ tensors: [a, a] })).toThrow(TypeError);
    expect(() => writeSafetensors({ tensors: [{ ...a, shape: [2] }] })).toThrow(TypeError);
  });
});
