// SPDX-License-Identifier: Apache-2.0
/**
 * Base models that do not exist, with shapes as real ones have them. Their weights are zeros that nobody reads: a
 * fingerprint needs the header and the norms, and those are here.
 */
import { type ByteSource, bytesSource } from "@lora/client/byte-source";
import { type BaseFingerprint, fingerprintBase } from "@lora/client/fingerprint";
import {
  encodeGguf,
  encodeTensorData,
  f32Value,
  type GgufValue,
  readGguf,
  stringValue,
  u32Value,
} from "@lora/client/gguf";
import { fixture } from "../publisher.ts";
import { randomNumbers, seedOf } from "./random.ts";

export interface SampleBase {
  name: string;
  architecture: "llama" | "qwen2";
  layers: number;
  width: number;
  kvWidth: number;
  feedForward: number;
  builds: readonly (readonly [quantization: string, sizeBytes: number])[];
}

const SMALL_BUILDS = [
  ["F16", 184_000_000],
  ["Q8_0", 98_000_000],
  ["Q4_K_M", 61_000_000],
] as const;

const base = (
  name: string,
  architecture: SampleBase["architecture"],
  layers: number,
  width: number,
  builds: SampleBase["builds"] = SMALL_BUILDS,
): SampleBase => ({
  name,
  architecture,
  layers,
  width,
  kvWidth: width / 4,
  feedForward: width * 2.5,
  builds,
});

export const SAMPLE_BASES: Readonly<Record<string, SampleBase>> = {
  heron1: base("Heron Instruct", "llama", 16, 256),
  heron2: base("Heron Instruct", "llama", 16, 256, SMALL_BUILDS.slice(1)),
  kestrel: base("Kestrel Chat", "qwen2", 20, 256),
  plover: base("Plover Base", "llama", 12, 192, SMALL_BUILDS.slice(0, 2)),
  tern: base("Tern Code", "qwen2", 18, 256),
  wren: base("Wren Mini", "llama", 8, 128, [["Q8_0", 21_000_000]]),
};

/** What an adapter may change, in the order of the layers: what goes in and what comes out. */
export function shapesOf({ layers, width, kvWidth, feedForward }: SampleBase, targets: readonly string[]) {
  const shapes: Readonly<Record<string, readonly [number, number]>> = {
    attn_q: [width, width],
    attn_k: [width, kvWidth],
    attn_v: [width, kvWidth],
    attn_output: [width, width],
    ffn_gate: [width, feedForward],
    ffn_up: [width, feedForward],
    ffn_down: [feedForward, width],
  };
  return Array.from({ length: layers }, (_, layer) =>
    targets.map((target) => [`blk.${layer}.${target}.weight`, shapes[target] ?? [width, width]] as const),
  ).flat();
}

const ALL = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

/** @param key of SAMPLE_BASES: two bases of one name have different norms */
export async function fingerprintSample(key: string, sample: SampleBase): Promise<BaseFingerprint> {
  const { metadata, vocabulary } = await readTokenizer();
  const { architecture, width, layers } = sample;
  const random = randomNumbers(seedOf(key));
  const norm = () =>
    encodeTensorData(
      "F32",
      Float32Array.from({ length: width }, () => 0.8 + random() * 0.4),
    );
  const norms = [
    "output_norm.weight",
    ...Array.from({ length: layers }, (_, i) => [
      `blk.${i}.attn_norm.weight`,
      `blk.${i}.ffn_norm.weight`,
    ]).flat(),
  ];
  const zeros = (name: string, dims: readonly number[]) => ({
    name,
    dims,
    type: "Q8_0" as const,
    data: new Uint8Array((dims.reduce((product, dim) => product * dim, 1) / 32) * 34),
  });
  const bytes = encodeGguf({
    metadata: [
      ["general.architecture", stringValue(architecture)],
      ["general.name", stringValue(sample.name)],
      [`${architecture}.block_count`, u32Value(layers)],
      [`${architecture}.embedding_length`, u32Value(width)],
      [`${architecture}.feed_forward_length`, u32Value(sample.feedForward)],
      [`${architecture}.attention.head_count`, u32Value(8)],
      [`${architecture}.attention.head_count_kv`, u32Value(2)],
      [`${architecture}.attention.layer_norm_rms_epsilon`, f32Value(1e-5)],
      ...metadata,
    ],
    tensors: [
      ...norms.map((name) => ({ name, dims: [width], type: "F32" as const, data: norm() })),
      zeros("token_embd.weight", [width, vocabulary]),
      zeros("output.weight", [width, vocabulary]),
      ...shapesOf(sample, ALL).map(([name, shape]) => zeros(name, shape)),
    ],
  });
  const found = await fingerprintBase(bytesSource(bytes, `${key}.gguf`) satisfies ByteSource);
  const builds = sample.builds.map(([quantization, sizeBytes], i) => ({
    sha256: `${found.fingerprint.slice(5, -2)}${String(10 + i)}` as never,
    sizeBytes,
    quantization,
  }));
  return { ...found, record: { ...found.record, builds } };
}

/** That of tiny-say. */
async function readTokenizer(): Promise<{ metadata: [string, GgufValue][]; vocabulary: number }> {
  const file = await readGguf(bytesSource(await fixture("v1/base-q4_0.gguf"), "base-q4_0.gguf"));
  const vocabulary = file.tensors.find(({ name }) => name === "token_embd.weight")?.dims[1] ?? 0;
  return {
    metadata: [...file.metadata].filter(([key]) => key.startsWith("tokenizer.")) as [string, GgufValue][],
    vocabulary,
  };
}
