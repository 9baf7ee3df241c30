// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { convertPeft, type PeftBase, type PeftConversion } from "../convert/index.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import type { FloatType } from "../formats/gguf/index.ts";
import { writeStreamDurably } from "../store/durable-stream.ts";
import { readPeftDirectory } from "./read-directory.ts";

export interface ConvertDirectoryOptions {
  readonly base: PeftBase;
  /** Replaced as a whole if it exists. */
  readonly outputPath: string;
  /** F16 unless given. */
  readonly type?: FloatType;
  /** Called as bytes are written; the sum is `sizeBytes` in the end. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Converts a directory that PEFT saved. The file is whole and on the disk when this returns; a refusal, a failure or a
 * crash leaves what was there before.
 * @throws LoraError as `convertPeft` and its chunks, `readPeftDirectory`, and for writing
 */
export async function convertPeftDirectory(
  directory: string,
  { base, outputPath, type, onBytes }: ConvertDirectoryOptions,
): Promise<Omit<PeftConversion, "chunks">> {
  const { configPath, configJson, weightsPath } = await readPeftDirectory(directory);
  if ([configPath, weightsPath].map((path) => resolve(path)).includes(resolve(outputPath)))
    throw new LoraError("USAGE", `${outputPath} is the adapter itself`, { hint: "name another output file" });
  await using weights = await openFileSource(weightsPath);
  const { chunks, ...conversion } = await convertPeft({
    config: configJson,
    configName: configPath,
    weights,
    base,
    ...(type === undefined ? {} : { type }),
  });
  await writeStreamDurably(outputPath, chunks(), onBytes);
  return conversion;
}
