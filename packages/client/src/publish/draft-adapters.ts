// SPDX-License-Identifier: Apache-2.0
/** The adapter files of a package, and what lora.json says of them. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { KnownBase } from "../base-source/index.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { type Adapter, readAdapter } from "../formats/gguf/index.ts";
import { isPickleName, pickleRefused } from "../formats/safetensors/index.ts";
import { differingFact, type PackageDraft } from "../manifest/index.ts";
import { parseFileName } from "../names.ts";
import { fileError } from "../store/index.ts";

/** An adapter file with what `lora.json` says of it. */
export interface DraftAdapter {
  entry: NonNullable<PackageDraft["adapters"]>[number];
  adapter: Adapter;
}

/**
 * Each adapter of the draft with its file, read by the strict validator.
 * @param locate where a file of the package is
 */
export async function readDraftAdapters(
  locate: (file: string) => string,
  draft: PackageDraft,
): Promise<DraftAdapter[]> {
  const adapters: DraftAdapter[] = [];
  for (const entry of draft.adapters ?? []) {
    await using source = await openFileSource(locate(entry.file));
    adapters.push({ entry, adapter: await readAdapter(source) });
  }
  return adapters;
}

/** The one of the bases at hand that an adapter was trained on: by fingerprint, by name, or because there is one only. */
export function knownBaseOf(
  entry: DraftAdapter["entry"],
  bases: readonly KnownBase[],
): KnownBase | undefined {
  const { fingerprint, name } = entry.base ?? {};
  if (fingerprint !== undefined) return bases.find((base) => base.record.fingerprint === fingerprint);
  const byName = bases.find((base) => base.name === name);
  if (byName !== undefined || bases.length !== 1) return byName;
  return name === undefined || bases[0]?.named === false ? bases[0] : undefined;
}

/**
 * The adapters among the directory's GGUF files; a base that lies beside them is not one.
 * @param hasParts PEFT saved adapters there: a pickle beside them is the trainer's own (`training_args.bin`)
 * @throws LoraError PICKLE_REFUSED where there is nothing else, and what the files throw
 */
export async function findAdapters(directory: string, hasParts: boolean): Promise<string[]> {
  const names = await readdir(directory).catch((cause) => {
    throw fileError(cause, "read", directory);
  });
  const found: string[] = [];
  for (const name of names.filter((file) => file.endsWith(".gguf")).sort()) {
    await using source = await openFileSource(join(directory, name));
    const isAdapter = await readAdapter(source).then(
      () => true,
      (error: unknown) => {
        if (error instanceof LoraError && error.details?.kind === "base") return false;
        throw error instanceof LoraError
          ? withHint(error, `take ${name} away, or write lora.json with the files you mean`)
          : error;
      },
    );
    if (isAdapter) found.push(parseFileName(name));
  }
  const pickle = names.find(isPickleName);
  if (found.length === 0 && !hasParts && pickle !== undefined) throw pickleRefused(join(directory, pickle));
  return found;
}

/** @throws LoraError ADAPTER_MISMATCH */
export function assertAgrees(entry: DraftAdapter["entry"], adapter: Adapter): void {
  const differing = differingFact(entry, adapter);
  if (differing === undefined) return;
  const { fact, said, found } = differing;
  throw new LoraError(
    "ADAPTER_MISMATCH",
    `lora.json says ${fact} ${JSON.stringify(said)} of ${entry.file}, the file has ${JSON.stringify(found)}`,
    {
      hint: `delete "${fact}" of ${basename(entry.file)} from lora.json and run lora pack`,
      details: { file: entry.file, fact, said, found },
    },
  );
}

function withHint(error: LoraError, hint: string): LoraError {
  return new LoraError(error.code, error.message, {
    hint,
    ...(error.details === undefined ? {} : { details: error.details }),
    cause: error,
  });
}
