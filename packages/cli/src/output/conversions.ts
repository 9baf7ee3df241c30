// SPDX-License-Identifier: Apache-2.0
import type { PackOutcome } from "@lora/client/publish";
import { paint } from "./paint.ts";
import { printableChunk } from "./printable.ts";
import { formatBytes } from "./units.ts";

/** What packing did, in the form of `--json`. */
export interface PackReport {
  converted: {
    /** The adapter's directory, relative to the package. */
    from: string;
    file: string;
    type: string;
    sizeBytes: number;
    rank: number;
    alpha: number;
    targets: readonly string[];
    base: { name: string; fingerprint: string };
    /** False where the file was there already. */
    isNew: boolean;
  }[];
  wroteReadme: boolean;
  notes: readonly string[];
}

export function packReport({ converted, wroteReadme, notes }: PackOutcome): PackReport {
  return {
    converted: converted.map(({ part, file, type, adapter, sizeBytes, isNew, base, name }) => ({
      from: part,
      file,
      type,
      sizeBytes,
      rank: adapter.rank,
      alpha: adapter.alpha,
      targets: adapter.targets,
      base: { name, fingerprint: base.record.fingerprint },
      isNew,
    })),
    wroteReadme,
    notes,
  };
}

/** What was converted on stdout, what a person should know of it on stderr. */
export function printPackReport(
  to: { log(text: string): void; logToStderr(text: string): void },
  { converted, notes }: PackReport,
): void {
  for (const { from, file, type, sizeBytes, rank, base, isNew } of converted) {
    const facts = `${type}, ${formatBytes(sizeBytes)}, rank ${rank}, for ${base.name} (${base.fingerprint.slice(0, 17)}…)`;
    to.log(
      printableChunk(
        `  ${isNew ? `converted ${from} to ${file}` : `${file} is what ${from} converts to`}: ${facts}`,
      ),
    );
  }
  for (const note of notes) to.logToStderr(`${paint("yellow", "note")}: ${printableChunk(note)}`);
}
