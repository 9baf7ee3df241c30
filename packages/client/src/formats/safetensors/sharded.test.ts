// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { MAX_INDEX_BYTES, MAX_SHARDS } from "./limits.ts";
import { parseShardIndex, readShards } from "./sharded.ts";
import { writeSafetensors } from "./write.ts";

const INDEX = "model.safetensors.index.json";
const parse = (value: unknown) => parseShardIndex(new TextEncoder().encode(JSON.stringify(value)), INDEX);
const shard = (...names: string[]) =>
  writeSafetensors({
    tensors: names.map((name) => ({ name, dtype: "F16", shape: [2], data: new Uint8Array(4) })),
  });
const readAll = (map: Record<string, string>, files: Record<string, Uint8Array>) =>
  readShards(parse({ weight_map: map }), async (file) => bytesSource(files[file] ?? new Uint8Array(), file));

describe("a model in shards", () => {
  it("is read as one, each shard opened once", async () => {
    const files = { "m-1.safetensors": shard("a", "c"), "m-2.safetensors": shard("b") };
    const tensors = await readAll(
      { a: "m-1.safetensors", b: "m-2.safetensors", c: "m-1.safetensors" },
      files,
    );
    expect([...tensors.values()].map(({ name, source }) => [name, source.name])).toEqual([
      ["a", "m-1.safetensors"],
      ["c", "m-1.safetensors"],
      ["b", "m-2.safetensors"],
    ]);
  });

  it("is refused where a shard lacks what the index places there", async () => {
    await expect(
      readAll({ a: "m.safetensors", b: "m.safetensors" }, { "m.safetensors": shard("a") }),
    ).rejects.toMatchObject({
      code: "SAFETENSORS_INVALID",
      message: 'm.safetensors has no tensor "b", though the index says so',
    });
  });

  it("is refused where a tensor is in two shards, or in one that the index does not name for it", async () => {
    const files = { "m-1.safetensors": shard("a"), "m-2.safetensors": shard("a", "b") };
    await expect(readAll({ a: "m-1.safetensors", b: "m-2.safetensors" }, files)).rejects.toMatchObject({
      message: 'm-2.safetensors has the tensor "a", which the index does not place there',
    });
  });

  it.each([
    ["no object", [], "SAFETENSORS_INVALID"],
    ["nothing", null, "SAFETENSORS_INVALID"],
    ["no weight_map", {}, "SAFETENSORS_INVALID"],
    ["a list as weight_map", { weight_map: [] }, "SAFETENSORS_INVALID"],
    ["a number as a file", { weight_map: { a: 1 } }, "SAFETENSORS_INVALID"],
    ["a file in another directory", { weight_map: { a: "../secret.safetensors" } }, "SAFETENSORS_INVALID"],
    ["an absolute path", { weight_map: { a: "/etc/passwd" } }, "SAFETENSORS_INVALID"],
    ["a pickle", { weight_map: { a: "pytorch_model-00001-of-00002.bin" } }, "PICKLE_REFUSED"],
  ])("has an index that is refused with %s", (_, index, code) => {
    expect(() => parse(index)).toThrow(expect.objectContaining({ code }));
  });

  it(`has an index of at most ${MAX_SHARDS} files and ${MAX_INDEX_BYTES} bytes`, () => {
    const files = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, `m-${i}.safetensors`]));
    expect(parse({ weight_map: files(MAX_SHARDS) }).size).toBe(MAX_SHARDS);
    expect(() => parse({ weight_map: files(MAX_SHARDS + 1) })).toThrow(
      expect.objectContaining({ code: "SAFETENSORS_LIMIT" }),
    );
    expect(() => parseShardIndex(new Uint8Array(MAX_INDEX_BYTES + 1).fill(0x20), INDEX)).toThrow(
      expect.objectContaining({ code: "SAFETENSORS_LIMIT" }),
    );
  });
});
