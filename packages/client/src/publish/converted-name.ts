// SPDX-License-Identifier: Apache-2.0
/**
 * Names of converted adapters beside lora.json, flat as files of a release are:
 *
 *     file = base ".r" rank [ "." 8 hex digits of the base's fingerprint ] ".gguf"
 *
 *     meta-llama/Llama-3.1-8B-Instruct, rank 16      llama-3.1-8b-instruct.r16.gguf
 *     tiny-say of two fingerprints, rank 8           tiny-say.r8.gguf, tiny-say.r8.91c2aa04.gguf
 */
import { type FileName, parseFileName } from "../names.ts";

const MAX_BASE_LENGTH = 60;

export interface NamedAdapter {
  /** Any text. */
  readonly baseName: string;
  readonly rank: number;
  /** `lfp1:…` */
  readonly fingerprint: string;
}

/** @param isTaken whether a name belongs to an adapter for another base */
export function convertedName(
  { baseName, rank, fingerprint }: NamedAdapter,
  isTaken: (name: string) => boolean,
): FileName {
  const last = baseName.slice(baseName.search(/[^/\\]*[/\\]*$/));
  const slug = last
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    .slice(0, MAX_BASE_LENGTH);
  // Also where the name is a device of Windows: no slug alone is the name of a file.
  const stem = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/.test(slug) ? `base-${slug}` : slug || "adapter";
  const plain = `${stem}.r${rank}.gguf`;
  return parseFileName(
    isTaken(plain) ? `${stem}.r${rank}.${fingerprint.slice("lfp1:".length).slice(0, 8)}.gguf` : plain,
  );
}
