// SPDX-License-Identifier: Apache-2.0
/** What `lora pack` writes into lora.json: what is missing there, never over a value that an author wrote. */
import type { KnownBase } from "../base-source/index.ts";
import type { AdapterSource } from "../manifest/index.ts";
import type { ConvertedPart } from "./convert-parts.ts";
import { assertAgrees, type DraftAdapter, knownBaseOf } from "./draft-adapters.ts";
import type { ManifestEditor } from "./manifest-editor.ts";

/** Each conversion's file, and what it was made from. */
export function fillSources(
  manifest: ManifestEditor,
  converted: readonly ConvertedPart[],
  origin: Pick<AdapterSource, "repository" | "revision"> = {},
): void {
  for (const { file, weightsSha256 } of converted) {
    const entries = manifest.draft.adapters ?? [];
    const found = entries.findIndex((entry) => entry.file === file);
    const i = found < 0 ? entries.length : found;
    if (found < 0) manifest.fill(["adapters", i], { file, format: "gguf" });
    const source = entries[i]?.source;
    if (source?.sha256 === weightsSha256) continue;
    // Trained anew: what was read from the old file goes with it.
    if (source !== undefined)
      for (const key of ["rank", "alpha", "targets"]) manifest.remove(["adapters", i, key]);
    manifest.fill(["adapters", i, "source"], { format: "peft", sha256: weightsSha256, ...origin });
  }
}

/**
 * What the files say, and which bases they are for.
 * @throws LoraError ADAPTER_MISMATCH where lora.json says something else
 */
export function fillFacts(
  manifest: ManifestEditor,
  adapters: readonly DraftAdapter[],
  { bases, converted }: { bases: readonly KnownBase[]; converted: readonly ConvertedPart[] },
): void {
  for (const [i, { entry, adapter }] of adapters.entries()) {
    assertAgrees(entry, adapter);
    if (entry.rank === undefined) manifest.fill(["adapters", i, "rank"], adapter.rank);
    if (entry.alpha === undefined) manifest.fill(["adapters", i, "alpha"], adapter.alpha);
    if (entry.targets === undefined) manifest.fill(["adapters", i, "targets"], adapter.targets);
    const part = converted.find(({ file }) => file === entry.file);
    const base = part?.base ?? knownBaseOf(entry, bases);
    if (base === undefined) continue;
    if (entry.base?.fingerprint === undefined)
      manifest.fill(["adapters", i, "base", "fingerprint"], base.record.fingerprint);
    if (entry.base?.name === undefined)
      manifest.fill(["adapters", i, "base", "name"], part?.name ?? base.name);
  }
}
