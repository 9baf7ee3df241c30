// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MAX_CONFIG_BYTES, type PeftConfig, parsePeftConfig } from "../convert/index.ts";
import { peftInvalid } from "../convert/unsupported.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { isPickleName, pickleRefused } from "../formats/safetensors/index.ts";
import { fileError } from "../store/file-error.ts";

export const CONFIG_NAME = "adapter_config.json";
export const WEIGHTS_NAME = "adapter_model.safetensors";
const PICKLED_WEIGHTS = /^adapter_model\./;

export interface PeftDirectory {
  readonly configPath: string;
  /** Content of adapter_config.json. */
  readonly configJson: Uint8Array;
  readonly config: PeftConfig;
  readonly weightsPath: string;
}

/** Whether there is an adapter_config.json; nothing is said of what it holds. */
export async function isPeftDirectory(directory: string): Promise<boolean> {
  return isFile(join(directory, CONFIG_NAME));
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * Finds the two files that PEFT saves and reads the config: what a caller needs to find the base.
 * @throws LoraError USAGE for a file, FILE_NOT_FOUND, PICKLE_REFUSED, JSON_INVALID, PEFT_INVALID, PEFT_UNSUPPORTED
 */
export async function readPeftDirectory(directory: string): Promise<PeftDirectory> {
  const names = await readdir(directory).catch(async (cause) => {
    if (await isFile(directory)) throw notADirectory(directory);
    throw fileError(cause, "read", directory);
  });
  const configPath = join(directory, CONFIG_NAME);
  const configJson = await readConfig(configPath);
  const config = parsePeftConfig(configJson, configPath);
  if (!names.includes(WEIGHTS_NAME)) {
    const pickle = names.find((name) => PICKLED_WEIGHTS.test(name) && isPickleName(name));
    if (pickle !== undefined) throw pickleRefused(join(directory, pickle));
    throw peftInvalid(directory, `has no ${WEIGHTS_NAME}`);
  }
  const weightsPath = join(directory, WEIGHTS_NAME);
  // A pipe would be waited for.
  if (!(await isFile(weightsPath))) throw peftInvalid(weightsPath, "is not a regular file");
  return { configPath, configJson, config, weightsPath };
}

function notADirectory(path: string): LoraError {
  return new LoraError("USAGE", `${path} is a file: what PEFT saves is a directory`, {
    hint: `name the directory that has ${CONFIG_NAME} in it`,
    details: { path },
  });
}

export async function readConfig(path: string): Promise<Uint8Array> {
  await using file = await openFileSource(path);
  if (file.sizeBytes > MAX_CONFIG_BYTES) throw peftInvalid(path, `is larger than ${MAX_CONFIG_BYTES} bytes`);
  return await file.read(0, file.sizeBytes);
}
