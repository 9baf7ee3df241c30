// SPDX-License-Identifier: Apache-2.0
import { basename } from "node:path";
import { planLoad } from "../load-plan.ts";
import type { AdapterToLoad, LoadedModel, Runtime } from "../runtime.ts";
import { resolveScales } from "../scales.ts";
import { startWorker, type Worker } from "./channel.ts";

/** @param moduleUrl of node-llama-cpp's main module */
export function createEmbeddedRuntime(
  { moduleUrl, location, version }: { moduleUrl: string; location: string; version: string },
  env: NodeJS.ProcessEnv,
): Runtime {
  return {
    kind: "embedded",
    version,
    location,
    async load(options) {
      const { modelPath, adapters, threads, contextTokens, signal } = await planLoad(options, env);
      const worker = await startWorker(env);
      try {
        const files = adapters.map(({ path, scale }) => ({ path, scale }));
        await worker.open(
          { type: "load", moduleUrl, modelPath, adapters: files, threads, contextTokens },
          `loading ${basename(modelPath)}`,
          signal,
        );
      } catch (error) {
        await worker.stop();
        throw error;
      }
      return createLoadedModel(worker, adapters);
    },
  };
}

function createLoadedModel(worker: Worker, adapters: readonly AdapterToLoad[]): LoadedModel {
  return {
    pid: worker.pid,
    unload: () => worker.stop(),
    [Symbol.asyncDispose]: () => worker.stop(),
    async generate({ prompt, maxTokens, temperature, stop, seed, scales, signal, onText }) {
      return worker.generate(
        { prompt, scales: resolveScales(adapters, scales), maxTokens, temperature, stop: [...stop], seed },
        { signal, onText },
      );
    },
    async nextToken({ prompt, scales, signal }) {
      return worker.nextToken({ prompt, scales: resolveScales(adapters, scales) }, { signal });
    },
  };
}
