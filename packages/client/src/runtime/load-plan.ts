// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { fileError } from "../store/file-error.ts";
import { type AdapterToLoad, DEFAULT_CONTEXT_TOKENS, type LoadOptions } from "./runtime.ts";
import { resolveScales } from "./scales.ts";
import { chooseThreads } from "./threads.ts";

/** LoadOptions with every choice made: absolute paths of readable files, distinct names, finite scales. */
export interface LoadPlan {
  modelPath: string;
  adapters: readonly (AdapterToLoad & { scale: number })[];
  threads: number;
  contextTokens: number;
  extraArgs: readonly string[];
  signal: AbortSignal | undefined;
}

/** @throws LoraError USAGE, FILE_NOT_FOUND, PERMISSION_DENIED; `signal.reason` when aborted before */
export async function planLoad(options: LoadOptions, env: NodeJS.ProcessEnv): Promise<LoadPlan> {
  options.signal?.throwIfAborted();
  const names = new Set<string>();
  for (const { name } of options.adapters) {
    if (names.has(name)) throw new LoraError("USAGE", `the ability ${quote(name)} is in the stack twice`);
    names.add(name);
  }
  const scales = resolveScales(options.adapters);
  const plan: LoadPlan = {
    modelPath: resolve(options.modelPath),
    adapters: options.adapters.map(({ name, path }, i) => ({
      name,
      path: resolve(path),
      scale: scales[i] ?? 1,
    })),
    threads: options.threads ?? (await chooseThreads(env)),
    contextTokens: options.contextTokens ?? DEFAULT_CONTEXT_TOKENS,
    extraArgs: options.extraArgs ?? [],
    signal: options.signal,
  };
  for (const path of [plan.modelPath, ...plan.adapters.map((adapter) => adapter.path)]) {
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw fileError(cause, "read", path);
    });
  }
  return plan;
}
