// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { ReleaseManifest } from "@lora/client/manifest";
import type { FileName } from "@lora/client/names";
import type { ReleaseFile } from "@lora/client/signing";
import { MANIFEST_NAME } from "./read-manifest.ts";

/**
 * The signed files are exactly those that lora.json speaks of, so nothing rides along unseen.
 * @throws LoraError MANIFEST_INVALID
 */
export function checkFileList(manifest: ReleaseManifest, files: readonly ReleaseFile[]): void {
  const adapters = (manifest.adapters ?? []).map((adapter) => adapter.file);
  const twice = adapters.find((file, i) => adapters.indexOf(file) !== i);
  if (twice !== undefined) throw invalid(`lists the adapter ${twice} twice`, twice);

  const named = new Set<FileName>([MANIFEST_NAME, ...adapters]);
  if (manifest.readme !== undefined) named.add(manifest.readme);
  const signed = new Set(files.map((file) => file.name));
  for (const name of named) {
    if (!signed.has(name)) throw invalid(`names the file ${name}, which is not in the signed release`, name);
  }
  for (const name of signed) {
    if (!named.has(name)) throw invalid(`does not name the file ${name} of the signed release`, name);
  }
  // Two such files would be one on many a disk.
  const folded = new Map<string, FileName>();
  for (const name of signed) {
    const other = folded.get(name.toLowerCase());
    if (other !== undefined) throw invalid(`has files that differ in case only: ${other} and ${name}`, name);
    folded.set(name.toLowerCase(), name);
  }
}

function invalid(what: string, file: FileName): LoraError {
  return new LoraError("MANIFEST_INVALID", `lora.json ${what}`, { details: { file } });
}
