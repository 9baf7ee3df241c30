// SPDX-License-Identifier: Apache-2.0
/**
 * Where the adapters that PEFT saved lie in a package's directory:
 *
 *     adapter_config.json          the directory is what save_pretrained wrote: one adapter
 *     NAME/adapter_config.json     one adapter for each such directory: one per base or rank
 *
 * A trainer leaves its checkpoints as such directories beside the finished adapter: with one at the top, those below
 * are left out.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isPeftDirectory } from "../peft-directory/index.ts";
import { fileError } from "../store/index.ts";

export interface PeftPart {
  /** Relative to the package: `.`, or a directory's name. */
  readonly label: string;
  readonly directory: string;
}

export interface PeftParts {
  /** Sorted by label. */
  readonly parts: readonly PeftPart[];
  /** Labels of the directories that hold an adapter and were passed over. */
  readonly leftOut: readonly string[];
}

/** @throws LoraError FILE_NOT_FOUND, PERMISSION_DENIED, IO_FAILED */
export async function findPeftParts(directory: string): Promise<PeftParts> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause) => {
    throw fileError(cause, "read", directory);
  });
  const below: PeftPart[] = [];
  for (const entry of entries.toSorted((x, y) => (x.name < y.name ? -1 : 1))) {
    // A link may lead anywhere, and what is hidden is somebody's cache.
    if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
    const part = { label: entry.name, directory: join(directory, entry.name) };
    if (await isPeftDirectory(part.directory)) below.push(part);
  }
  if (!(await isPeftDirectory(directory))) return { parts: below, leftOut: [] };
  return { parts: [{ label: ".", directory }], leftOut: below.map(({ label }) => label) };
}
