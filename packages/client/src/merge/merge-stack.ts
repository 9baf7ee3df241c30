// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LoraError } from "../errors.ts";
import { type FileSource, openFileSource } from "../file-source/index.ts";
import { quantizationOf, readAdapter, readGguf } from "../formats/gguf/index.ts";
import { writeStreamDurably } from "../store/durable-stream.ts";
import { fileError } from "../store/index.ts";
import { removeOnSignal } from "../store/unfinished.ts";
import type { PairToApply } from "./apply-pairs.ts";
import { MERGED_KEY, mergedModel, unreadableTypes } from "./merged-model.ts";
import { findQuantizer, type Quantizer } from "./quantizer.ts";

export interface AdapterToMerge {
  name: string;
  version: string;
  path: string;
  scale: number;
}

export interface MergeRequest {
  modelPath: string;
  /** Those of scale 0 are left out. */
  adapters: readonly AdapterToMerge[];
  /** Replaced when it is there, but never the model itself. */
  outputPath: string;
  /** `base`: in the base's types. Unless given: that, if it can be had. */
  type?: "f16" | "base" | undefined;
  env: NodeJS.ProcessEnv;
  onProgress?: (step: "read" | "merge" | "quantize") => void;
}

export interface MergeOutcome {
  path: string;
  sizeBytes: number;
  /** `F16`, or the base's such as `Q4_K_M`. */
  type: string;
  changedTensors: number;
}

const SHARD = /-\d{5}-of-\d{5}\.gguf$/;

/**
 * Writes the base with its stack merged in, beside its place, and puts it there when it is whole.
 * @throws LoraError USAGE, RUNTIME_NOT_FOUND where llama-quantize is needed and missing, BASE_UNFIT, DISK_FULL, …
 */
export async function mergeStack(request: MergeRequest): Promise<MergeOutcome> {
  const { modelPath, outputPath, env } = request;
  const adapters = request.adapters.filter(({ scale }) => scale !== 0);
  if (adapters.length === 0)
    throw new LoraError("USAGE", "there is nothing to merge: no ability has a scale other than 0");
  if (SHARD.test(modelPath))
    throw new LoraError("USAGE", `${basename(modelPath)} is one of several files of a model`, {
      hint: "join them first: llama-gguf-split --merge",
    });
  if (await isSameFile(modelPath, outputPath))
    throw new LoraError("USAGE", "the model cannot be replaced by what is made of it", {
      hint: "choose another file",
    });
  const quantizer = await findQuantizer(env);
  const directory = await mkdtemp(join(dirname(outputPath), ".tmp-merge-")).catch((cause) => {
    throw fileError(cause, "write", outputPath);
  });
  using _ = removeOnSignal(directory);
  const open: FileSource[] = [];
  const openSource = async (path: string) => {
    const source = await openFileSource(path);
    open.push(source);
    return source;
  };
  try {
    const source = await openSource(modelPath);
    const file = await readGguf(source);
    if (file.metadata.has(MERGED_KEY))
      throw new LoraError("USAGE", `${basename(modelPath)} has abilities merged in already`, {
        hint: "merge into the model that they were installed for",
      });
    const pairs = await readPairs(adapters, openSource);
    const readable = { file, source };
    const unreadable = unreadableTypes(file, pairs.keys());
    if (unreadable.length > 0) {
      request.onProgress?.("read");
      const path = join(directory, "readable.gguf");
      await needed(quantizer, unreadable[0] ?? "").quantize(modelPath, path, "F16");
      readable.source = await openSource(path);
      readable.file = await readGguf(readable.source);
    }
    request.onProgress?.("merge");
    const type = request.type ?? (unreadable.length === 0 || quantizer !== undefined ? "base" : "f16");
    const merged = join(directory, "merged.gguf");
    const what = adapters.map(({ name, version, scale }) => `${name} ${version} scale ${scale}`);
    await writeStreamDurably(
      merged,
      mergedModel({
        base: { file, source },
        readable,
        pairs,
        type: type === "f16" ? "F16" : "own",
        merged: what,
      }),
    );
    const baseType = quantizationOf(file);
    let result = merged;
    if (type === "base" && unreadable.length > 0) {
      request.onProgress?.("quantize");
      result = join(directory, "quantized.gguf");
      await needed(quantizer, baseType).quantize(merged, result, baseType);
    }
    await rename(result, outputPath).catch((cause) => {
      throw fileError(cause, "write", outputPath);
    });
    return {
      path: outputPath,
      sizeBytes: (await stat(outputPath)).size,
      type: type === "f16" ? "F16" : baseType,
      changedTensors: pairs.size,
    };
  } finally {
    for (const source of open) await source[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
}

async function readPairs(
  adapters: readonly AdapterToMerge[],
  openSource: (path: string) => Promise<FileSource>,
): Promise<Map<string, PairToApply[]>> {
  const pairs = new Map<string, PairToApply[]>();
  for (const { path, scale } of adapters) {
    const source = await openSource(path);
    const { tensors, alpha } = await readAdapter(source, { mixedRanks: true });
    for (const tensor of tensors) {
      const own = pairs.get(tensor.base) ?? [];
      own.push({ tensor, source, factor: (scale * alpha) / tensor.rank });
      pairs.set(tensor.base, own);
    }
  }
  return pairs;
}

function needed(quantizer: Quantizer | undefined, type: string): Quantizer {
  if (quantizer !== undefined) return quantizer;
  throw new LoraError("RUNTIME_NOT_FOUND", `a model in ${type} cannot be merged without llama-quantize`, {
    hint: "install llama.cpp's tools, or name the program in LORA_LLAMA_QUANTIZE",
  });
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
