// SPDX-License-Identifier: Apache-2.0
/** A project's stack for Ollama, which takes no adapters any more: a merged model and a Modelfile that names it. */

import { join } from "node:path";
import { fileError, writeFileDurably } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";
import { type MergeOutcome, type MergeRequest, mergeStack } from "./merge-stack.ts";

export interface OllamaExport extends MergeOutcome {
  modelfilePath: string;
}

/**
 * Writes `Modelfile` and `model.gguf` into a directory, which is made. The chat template is the model's own.
 * @throws LoraError as `mergeStack`
 */
export async function exportOllama(
  request: Omit<MergeRequest, "outputPath"> & { directory: string },
): Promise<OllamaExport> {
  const { directory, ...merge } = request;
  await makeDirectory(directory).catch((cause) => {
    throw fileError(cause, "write", directory);
  });
  const outcome = await mergeStack({ ...merge, outputPath: join(directory, "model.gguf") });
  const modelfilePath = join(directory, "Modelfile");
  await writeFileDurably(modelfilePath, formatModelfile(request.adapters));
  return { ...outcome, modelfilePath };
}

export function formatModelfile(adapters: MergeRequest["adapters"]): string {
  const merged = adapters
    .filter(({ scale }) => scale !== 0)
    .map(({ name, version, scale }) => `# ${name} ${version}, scale ${scale}`);
  return ["# Merged in:", ...merged, "FROM ./model.gguf", ""].join("\n");
}
