// SPDX-License-Identifier: Apache-2.0
/**
 * The arguments with which llama-server runs a stack:
 *
 *     --model MODEL --lora-scaled FILE:SCALE,FILE:SCALE --cache-ram 0
 *
 * The prompt cache is off because it is not keyed by adapters: a request that changes scales could be answered from
 * stale state (ggml-org/llama.cpp issue 26207).
 */
import { LoraError } from "../errors.ts";

/** @throws LoraError USAGE for a path that the argument's own separators would cut */
export function exportLlamaServer(
  modelPath: string,
  adapters: readonly { path: string; scale: number }[],
): string[] {
  const model = ["--model", modelPath];
  if (adapters.length === 0) return model;
  const cut = adapters.find(({ path }) => /[:,]/.test(path));
  if (cut !== undefined) {
    throw new LoraError(
      "USAGE",
      `llama-server cannot take ${cut.path}: it splits its argument at colons and commas`,
      {
        hint: "move the project to a directory without either, or use lora run",
      },
    );
  }
  return [
    ...model,
    "--lora-scaled",
    adapters.map(({ path, scale }) => `${path}:${scale}`).join(","),
    "--cache-ram",
    "0",
  ];
}
