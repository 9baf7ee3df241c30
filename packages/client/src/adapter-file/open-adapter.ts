// SPDX-License-Identifier: Apache-2.0
import { stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { bytesSource } from "../byte-source/index.ts";
import { type AdapterDeltas, readGgufDeltas, readPeftDeltas } from "../compare/index.ts";
import { convertPeft, type PeftBase, parsePeftConfig } from "../convert/index.ts";
import { type FileSource, openFileSource } from "../file-source/index.ts";
import type { Fingerprint } from "../fingerprint/index.ts";
import { CONFIG_NAME, readConfig, readPeftDirectory } from "../peft-directory/read-directory.ts";
import { fileError } from "../store/file-error.ts";

/** What is known of the base that an adapter was made for; each may be missing. */
export interface AdapterBase {
  readonly name: string | undefined;
  readonly fingerprint: Fingerprint | undefined;
}

/** Open until it is disposed of. */
export interface OpenAdapter extends AsyncDisposable {
  /** As the user named it. */
  readonly name: string;
  readonly base: AdapterBase;
  readonly deltas: AdapterDeltas;
}

/**
 * Opens a GGUF adapter, what PEFT saved (its directory, or the safetensors file with its adapter_config.json beside it).
 * @param base what PEFT adapters are converted for, to be compared with GGUF files; without it they keep PEFT's names
 * @throws LoraError FILE_NOT_FOUND, PERMISSION_DENIED, GGUF_INVALID, GGUF_LIMIT, ADAPTER_INVALID, and for PEFT as
 *   `readPeftDirectory`, `readPeftDeltas` and `convertPeft`
 */
export async function openAdapter(path: string, base?: PeftBase): Promise<OpenAdapter> {
  const found = await stat(path).catch((cause) => {
    throw fileError(cause, "read", path);
  });
  if (found.isDirectory()) {
    const { configPath, configJson, weightsPath } = await readPeftDirectory(path);
    return openPeft({ name: path, configPath, config: configJson, weightsPath }, base);
  }
  if (extname(path).toLowerCase() === ".safetensors") {
    const configPath = join(dirname(path), CONFIG_NAME);
    return openPeft(
      { name: path, configPath, config: await readConfig(configPath), weightsPath: path },
      base,
    );
  }
  return openGguf(path, path, { name: undefined, fingerprint: undefined });
}

/** @param base what is known from elsewhere */
export async function openGguf(path: string, name: string, base: AdapterBase): Promise<OpenAdapter> {
  const source = await openFileSource(path);
  return holding(source, async () => ({ name, base, deltas: await readGgufDeltas(source) }));
}

interface PeftFiles {
  name: string;
  configPath: string;
  config: Uint8Array;
  weightsPath: string;
}

async function openPeft(
  { name, configPath, config, weightsPath }: PeftFiles,
  base: PeftBase | undefined,
): Promise<OpenAdapter> {
  const known = { name: parsePeftConfig(config, configPath).baseName, fingerprint: undefined };
  const weights = await openFileSource(weightsPath);
  return holding(weights, async () => {
    if (base === undefined)
      return { name, base: known, deltas: await readPeftDeltas(config, configPath, weights) };
    const { chunks, sizeBytes } = await convertPeft({
      config,
      configName: configPath,
      weights,
      base,
      type: "F32",
    });
    const converted = new Uint8Array(sizeBytes);
    let at = 0;
    for await (const chunk of chunks()) {
      converted.set(chunk, at);
      at += chunk.length;
    }
    return { name, base: known, deltas: await readGgufDeltas(bytesSource(converted, name)) };
  });
}

/** The file is closed with what was read of it, or at once where it cannot be read. */
async function holding(
  source: FileSource,
  read: () => Promise<Omit<OpenAdapter, keyof AsyncDisposable>>,
): Promise<OpenAdapter> {
  try {
    return { ...(await read()), [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}
