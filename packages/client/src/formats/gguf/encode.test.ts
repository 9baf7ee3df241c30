// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { sha256Of } from "../../digest.ts";
import { readAdapter } from "./adapter.ts";
import {
  encodeGguf,
  encodeGgufChunks,
  f32Value,
  type GgufTensor,
  stringArrayValue,
  stringValue,
  u32ArrayValue,
  u32Value,
} from "./encode.ts";
import type { GgufValue } from "./header.ts";
import { elementsOf } from "./metadata.ts";
import { readGguf } from "./read.ts";
import { readTensorData } from "./tensor-data.ts";
import { TENSOR_TYPES, type TensorType, tensorSizeBytes } from "./tensor-types.ts";
import { writeAdapter } from "./write-adapter.ts";

const u32s = fc.integer({ min: 0, max: 0xffff_ffff });
const texts = fc.string({ unit: "binary" });
const values = fc.oneof(
  texts.map((text) => [stringValue(text), [text]] as const),
  u32s.map((number) => [u32Value(number), [number]] as const),
  fc.float().map((number) => [f32Value(number), [number]] as const),
  fc.array(u32s).map((numbers) => [u32ArrayValue(numbers), numbers] as const),
  fc.array(texts).map((some) => [stringArrayValue(some), some] as const),
);
const tensors = fc.uniqueArray(
  fc
    .record({
      name: fc.stringMatching(/^[a-z.]{1,20}$/),
      type: fc.constantFrom(...(Object.keys(TENSOR_TYPES) as TensorType[])),
      blocks: fc.integer({ min: 1, max: 3 }),
      rows: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      seed: fc.integer({ min: 0, max: 255 }),
    })
    .map(({ name, type, blocks, rows, seed }): GgufTensor => {
      const dims = [blocks * TENSOR_TYPES[type].blockElements, ...rows];
      const elements = dims.reduce((product, dim) => product * dim, 1);
      return { name, type, dims, data: new Uint8Array(tensorSizeBytes(type, elements)).fill(seed) };
    }),
  { selector: ({ name }) => name, maxLength: 6 },
);

describe("encodeGguf", () => {
  it("writes what readGguf reads", async () => {
    const metadata = fc.dictionary(fc.stringMatching(/^k[a-z.]{0,20}$/), values, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(metadata, tensors, async (pairs, written) => {
        const source = bytesSource(
          encodeGguf({
            metadata: Object.entries(pairs).map(([key, [value]]): [string, GgufValue] => [key, value]),
            tensors: written,
          }),
        );
        const file = await readGguf(source);
        const read = Array.from(file.metadata, ([key, value]) => [key, [...elementsOf(file, value)]]);
        expect(read).toEqual(Object.entries(pairs).map(([key, [, elements]]) => [key, [...elements]]));
        expect(file.tensors.map(({ name, dims, type }) => ({ name, dims, type }))).toEqual(
          written.map(({ name, dims, type }) => ({ name, dims, type })),
        );
        for (const [i, tensor] of file.tensors.entries())
          expect(await readTensorData(source, tensor)).toEqual(written[i]?.data);
      }),
    );
  });

  it("writes in pieces the bytes that it writes at once", () => {
    const content = {
      metadata: [["k", stringValue("v")]] as const,
      tensors: [{ name: "a", dims: [3], type: "F16", data: new Uint8Array([1, 2, 3, 4, 5, 6]) }] as const,
    };
    expect(Buffer.concat([...encodeGgufChunks(content)])).toEqual(Buffer.from(encodeGguf(content)));
  });

  it("ends by a TypeError for data that is not its tensor's: a bug of the caller", () => {
    const tensor = { name: "a", dims: [3], type: "F16", data: new Uint8Array(7) } as const;
    expect(() => encodeGguf({ metadata: [], tensors: [tensor] })).toThrow(TypeError);
  });
});

describe("writeAdapter", () => {
  const rewritten = async (name: string, shuffle: <Item>(items: Item[]) => Item[]) => {
    const source = bytesSource(
      new Uint8Array(
        readFileSync(new URL(`../../../../../test/fixtures/tiny-say/v1/${name}.gguf`, import.meta.url)),
      ),
    );
    const adapter = await readAdapter(source);
    const parts = adapter.tensors.map(async ({ base, a, b }) => ({
      base,
      a: { dims: a.dims, type: a.type, data: await readTensorData(source, a) },
      b: { dims: b.dims, type: b.type, data: await readTensorData(source, b) },
    }));
    const metadata = Object.fromEntries(
      shuffle([
        ["general.name", stringValue(name)] as const,
        ["general.license", stringValue("Apache-2.0")] as const,
        ["adapter.lora.task_name", stringValue(name)] as const,
      ]),
    );
    const content = { ...adapter, metadata, tensors: shuffle(await Promise.all(parts)) };
    return { before: { source, adapter }, bytes: writeAdapter(content) };
  };

  it("keeps an adapter's weights, and the strict reader takes the file", async () => {
    const { before, bytes } = await rewritten("upper", (items) => items);
    const source = bytesSource(bytes);
    const adapter = await readAdapter(source);
    expect(adapter).toMatchObject({ alpha: 16, rank: 8, targets: before.adapter.targets });
    expect(adapter.metadata["general.license"]).toBe("Apache-2.0");
    for (const old of before.adapter.tensors) {
      const now = adapter.tensors.find(({ base }) => base === old.base);
      for (const half of ["a", "b"] as const)
        expect(now && (await readTensorData(source, now[half]))).toEqual(
          await readTensorData(before.source, old[half]),
        );
    }
  });

  it("gives the same bytes in whatever order the parts come, today and tomorrow", async () => {
    const { bytes } = await rewritten("shout", (items) => items);
    const reversed = await rewritten("shout", (items) => items.toReversed());
    expect(sha256Of(reversed.bytes)).toBe(sha256Of(bytes));
    // Of the file that a writer in Python made from the same parts.
    expect(sha256Of(bytes)).toBe("053b42efaa4c60adb89e11a6909e6aef8d16e7cb446f6b6ecf071ad7f2344313");
  });
});
