// SPDX-License-Identifier: Apache-2.0
/**
 * A directory with which vLLM runs a stack. It applies one adapter a request and reads PEFT's files alone, so the stack is
 * fused and written as PEFT has it:
 *
 *     vllm serve BASE --enable-lora --max-lora-rank 16 --lora-modules stack=DIR
 */

import { join } from "node:path";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { readAdapter } from "../formats/gguf/index.ts";
import { encodeSafetensorsChunks } from "../formats/safetensors/index.ts";
import { type AdapterToFuse, fuseStack } from "../fuse/index.ts";
import type { Model } from "../install/index.ts";
import { writeStreamDurably } from "../store/durable-stream.ts";
import { fileError, writeFileDurably } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";
import { exportPeft } from "./peft.ts";

/** The ranks that vLLM can be told to make room for. */
const VLLM_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512];

export interface VllmExport {
  directory: string;
  rank: number;
  /** Arguments of `vllm serve` behind the base's name. */
  args: string[];
}

/** @throws LoraError USAGE for an empty stack, PEFT_UNSUPPORTED, and of reading and writing files */
export async function exportVllm(
  directory: string,
  {
    storeDirectory,
    model,
    baseName,
    adapters,
  }: {
    storeDirectory: string;
    model: Model;
    baseName: string;
    adapters: readonly AdapterToFuse[];
  },
): Promise<VllmExport> {
  if (adapters.every(({ scale }) => scale === 0)) {
    throw new LoraError("USAGE", "there is no ability to export", {
      hint: "install one: lora install @scope/name",
    });
  }
  const fused = await fuseStack({ storeDirectory, adapters });
  await using source = await openFileSource(fused.path);
  const adapter = await readAdapter(source, { mixedRanks: true });
  const { config, weights } = await exportPeft(source, adapter, { scale: 1, record: model.record, baseName });
  await makeDirectory(directory).catch((cause) => {
    throw fileError(cause, "write", directory);
  });
  await writeStreamDurably(
    join(directory, "adapter_model.safetensors"),
    chunksOf(encodeSafetensorsChunks(weights)),
  );
  // Last: without a config nobody takes the directory for an adapter.
  await writeFileDurably(join(directory, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
  const room = VLLM_RANKS.find((candidate) => candidate >= adapter.rank);
  if (room === undefined) {
    throw new LoraError(
      "RANK_TOO_HIGH",
      `the stack has rank ${adapter.rank} in all, vLLM takes at most ${VLLM_RANKS.at(-1)}`,
    );
  }
  const args = ["--enable-lora", "--max-lora-rank", String(room), "--lora-modules", `stack=${directory}`];
  return { directory, rank: adapter.rank, args };
}

async function* chunksOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
