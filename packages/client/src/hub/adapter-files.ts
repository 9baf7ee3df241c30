// SPDX-License-Identifier: Apache-2.0
import { MAX_CONFIG_BYTES } from "../convert/index.ts";
import { LoraError } from "../errors.ts";
import { isPickleName, pickleRefused } from "../formats/safetensors/index.ts";
import { isFileName, quote } from "../names.ts";
import { CONFIG_NAME, WEIGHTS_NAME } from "../peft-directory/index.ts";
import type { HubFile, HubRepository } from "./repository.ts";

/** An adapter of rank 256 on a model of 70B has 3.3 GB in F16. */
export const MAX_WEIGHTS_BYTES = 8 * 1024 ** 3;
export const MAX_README_BYTES = 1024 * 1024;
const README_NAME = "README.md";

/** Which files of a repository an adapter is. Their names are safe in a directory of ours. */
export type AdapterFiles = { readonly readme: HubFile | undefined } & (
  | { readonly format: "peft"; readonly config: HubFile; readonly weights: HubFile }
  | { readonly format: "gguf"; readonly weights: HubFile }
);

/**
 * The files are found by name: whatever else a listing says is never looked at.
 * @param wanted the GGUF file that the user chose
 * @throws LoraError HUB_NOT_FOUND, PICKLE_REFUSED, USAGE where there are several GGUF files, PAYLOAD_TOO_LARGE
 */
export function findAdapterFiles(repository: HubRepository, wanted: string | undefined): AdapterFiles {
  const { name: repo, files } = repository;
  const file = (name: string) => files.find((one) => one.name === name);
  const readme = file(README_NAME);
  const common = {
    readme: readme !== undefined && readme.sizeBytes <= MAX_README_BYTES ? readme : undefined,
  };
  const ggufs = files.filter(({ name }) => /\.gguf$/i.test(name));
  if (wanted !== undefined) {
    const weights = ggufs.find(({ name }) => name === wanted);
    if (weights === undefined)
      throw new LoraError(
        "HUB_NOT_FOUND",
        `there is no GGUF file ${quote(wanted)} at the top of hf:${repo}`,
        {
          details: { files: ggufs.map(({ name }) => name) },
        },
      );
    return { ...common, format: "gguf", weights: limited(fit(weights, repo), repo, MAX_WEIGHTS_BYTES) };
  }
  const config = file(CONFIG_NAME);
  const weights = file(WEIGHTS_NAME);
  if (config !== undefined && weights !== undefined)
    return {
      ...common,
      format: "peft",
      config: limited(config, repo, MAX_CONFIG_BYTES),
      weights: limited(weights, repo, MAX_WEIGHTS_BYTES),
    };
  const [only, ...others] = ggufs;
  if (only !== undefined && others.length === 0)
    return { ...common, format: "gguf", weights: limited(fit(only, repo), repo, MAX_WEIGHTS_BYTES) };
  if (only !== undefined)
    throw new LoraError("USAGE", `hf:${repo} has ${ggufs.length} GGUF files`, {
      hint: `say which one: --file ${ggufs.find(({ name }) => isFileName(name))?.name ?? "NAME"}`,
      details: { files: ggufs.map(({ name }) => name) },
    });
  const pickle = files.find(({ name }) => /^adapter_model\./.test(name) && isPickleName(name));
  if (pickle !== undefined) throw pickleRefused(`hf:${repo}/${pickle.name}`);
  throw new LoraError(
    "HUB_NOT_FOUND",
    `hf:${repo} has no adapter at its top: neither ${CONFIG_NAME} with ${WEIGHTS_NAME}, nor a GGUF file`,
    { details: { repository: repo } },
  );
}

/** A release keeps the file's name. */
function fit(file: HubFile, repo: string): HubFile {
  if (isFileName(file.name)) return file;
  throw new LoraError(
    "NAME_INVALID",
    `${quote(file.name)} of hf:${repo} cannot be the name of a file in a release`,
    { hint: "download it yourself under another name, then run lora pack", details: { file: file.name } },
  );
}

function limited(file: HubFile, repo: string, maxBytes: number): HubFile {
  if (file.sizeBytes <= maxBytes) return file;
  throw new LoraError(
    "PAYLOAD_TOO_LARGE",
    `${file.name} of hf:${repo} has ${file.sizeBytes} bytes; an adapter's has ${maxBytes} at most`,
    { details: { file: file.name, sizeBytes: file.sizeBytes, maxBytes } },
  );
}
