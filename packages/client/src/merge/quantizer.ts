// SPDX-License-Identifier: Apache-2.0
/** llama.cpp's own `llama-quantize`, for the types that only it reads and writes. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { LoraError } from "../errors.ts";
import { explainLog } from "../runtime/failure.ts";
import { locateLlamaServer } from "../runtime/llama-server/locate.ts";

export interface Quantizer {
  path: string;
  /**
   * Writes a file in another type. What is in that type already is copied as it is.
   * @param type as llama-quantize calls it: `Q4_K_M`, `F16`
   * @throws LoraError RUNTIME_FAILED
   */
  quantize(from: string, to: string, type: string): Promise<void>;
}

/** `LORA_LLAMA_QUANTIZE`, else beside llama-server, else on PATH. */
export async function findQuantizer(env: NodeJS.ProcessEnv): Promise<Quantizer | undefined> {
  const program = process.platform === "win32" ? "llama-quantize.exe" : "llama-quantize";
  const server = await locateLlamaServer(env);
  const candidates = env.LORA_LLAMA_QUANTIZE
    ? [env.LORA_LLAMA_QUANTIZE]
    : [
        ...(server.found ? [join(dirname(server.executable), program)] : []),
        ...(env.PATH ?? "")
          .split(delimiter)
          .filter(isAbsolute)
          .map((directory) => join(directory, program)),
      ];
  for (const path of candidates) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs)
      return { path, quantize: (from, to, type) => run(path, ["--allow-requantize", from, to, type]) };
  }
  if (env.LORA_LLAMA_QUANTIZE)
    throw new LoraError(
      "RUNTIME_NOT_FOUND",
      `LORA_LLAMA_QUANTIZE names ${env.LORA_LLAMA_QUANTIZE}, which does not run`,
    );
  return undefined;
}

function run(path: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(path, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve();
      const reason = explainLog(`${stdout}\n${stderr}`.split("\n"));
      reject(
        new LoraError("RUNTIME_FAILED", `llama-quantize failed: ${reason ?? error.message}`, {
          cause: error,
        }),
      );
    });
  });
}
