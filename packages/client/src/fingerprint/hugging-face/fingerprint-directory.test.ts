// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { elementsOf, readGguf } from "../../formats/gguf/index.ts";
import { assertBaseRecord } from "../assert-base-record.ts";
import { fingerprintBase } from "../fingerprint-base.ts";
import { fingerprintDirectory } from "./fingerprint-directory.ts";
import { FIXTURE_NAMES, memoryDirectory, readFixture } from "./memory-directory.test.support.ts";

describe("the fingerprint of a directory", () => {
  it.each(FIXTURE_NAMES)("of %s is that of the GGUF which llama.cpp made of it", async (name) => {
    const files = readFixture(name);
    const { record } = await fingerprintDirectory(memoryDirectory(files));
    const converted = await fingerprintBase(bytesSource(files["converted.gguf"] as Uint8Array));
    expect(record).toEqual({ ...converted.record, names: [] });
    expect(() => assertBaseRecord(record)).not.toThrow();
  });

  it("covers every architecture that adapters can be converted for", async () => {
    const architectures = await Promise.all(
      FIXTURE_NAMES.map(
        async (name) => (await fingerprintDirectory(memoryDirectory(readFixture(name)))).architecture,
      ),
    );
    expect([...new Set(architectures)].sort()).toEqual([
      "gemma2",
      "gemma3",
      "llama",
      "phi3",
      "qwen2",
      "qwen3",
      "smollm3",
    ]);
  });

  it("is one for a Gemma in bf16 and in f32, and another once it was saved as fp16", async () => {
    const of = async (name: string) => fingerprintDirectory(memoryDirectory(readFixture(name)));
    const [bf16, f32, fp16] = await Promise.all([of("gemma2"), of("gemma2-fp32"), of("gemma2-fp16")]);
    expect(f32.fingerprint).toBe(bf16.fingerprint);
    expect(fp16.components).toEqual({ ...bf16.components, lineage: fp16.components.lineage });
    expect(fp16.fingerprint).not.toBe(bf16.fingerprint);
  });

  it("reads headers and norms of the weights, and nothing else", async () => {
    const files = readFixture("llama-spm");
    const directory = memoryDirectory(files);
    await fingerprintDirectory(directory);
    const shards = Object.keys(files).filter((file) => file.endsWith(".safetensors"));
    const read = shards.reduce((sum, shard) => sum + (directory.readBytes[shard] ?? 0), 0);
    const headers = shards.reduce((sum, shard) => {
      const bytes = files[shard] as Uint8Array;
      return sum + 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    }, 0);
    // Five norms of 16 numbers in bf16.
    expect(read).toBe(headers + 5 * 16 * 2);
  });

  it("of tiny-say's own directory is that of its GGUF files, given its tokens as SentencePiece has them", async () => {
    const at = (file: string) =>
      new Uint8Array(
        readFileSync(new URL(`../../../../../test/fixtures/tiny-say/v1/${file}`, import.meta.url)),
      );
    const gguf = at("base-q4_0.gguf");
    const files = {
      "config.json": at("hf/config.json"),
      "model.safetensors": at("hf/model.safetensors"),
      "tokenizer.model": await sentencePieceModel(gguf),
    };
    const { fingerprint } = await fingerprintDirectory(memoryDirectory(files));
    expect(fingerprint).toBe((await fingerprintBase(bytesSource(gguf))).fingerprint);
  });
});

/** Written here by hand: field 1 of the model for each piece, its text, its type. */
async function sentencePieceModel(gguf: Uint8Array): Promise<Uint8Array> {
  const file = await readGguf(bytesSource(gguf));
  const list = (key: string) => {
    const value = file.metadata.get(key);
    return value === undefined ? [] : [...elementsOf(file, value)];
  };
  const types = list("tokenizer.ggml.token_type");
  const model = list("tokenizer.ggml.tokens").flatMap((text, id) => {
    const bytes = new TextEncoder().encode(String(text));
    const piece = [0x0a, bytes.length, ...bytes, 0x18, Number(types[id])];
    return [0x0a, piece.length, ...piece];
  });
  return Uint8Array.from(model);
}
