// SPDX-License-Identifier: Apache-2.0
/** When a conversion contradicts lora.json, a file, or another conversion of the same package. */
import { LoraError } from "../errors.ts";
import { formatFingerprint } from "../fingerprint/index.ts";
import type { FloatType } from "../formats/gguf/index.ts";
import type { BaseChoice } from "./choose-base.ts";
import type { ConvertedPart, DraftEntry } from "./convert-parts.ts";
import type { PeftPart } from "./peft-parts.ts";

/** A file may be replaced that lora.json calls a conversion: of weights that were trained anew, or to another type. */
export function isOutdated(
  entry: DraftEntry | undefined,
  now: { sha256: string; type: FloatType | undefined; present: FloatType | undefined },
): boolean {
  if (entry?.source?.format !== "peft") return false;
  return entry.source.sha256 !== now.sha256 || (now.type !== undefined && now.type !== now.present);
}

export const asEntry = ({ file, base }: ConvertedPart): DraftEntry => ({
  file,
  format: "gguf",
  base: { fingerprint: base.record.fingerprint },
});

export function isForOther(name: string, { base }: BaseChoice, entries: readonly DraftEntry[]): boolean {
  return entries.some(
    (entry) =>
      entry.file === name &&
      entry.base?.fingerprint !== undefined &&
      entry.base.fingerprint !== base.record.fingerprint,
  );
}

export function assertDistinct(
  { label, directory }: PeftPart,
  { base, name }: BaseChoice,
  rank: number,
  earlier: readonly ConvertedPart[],
): void {
  const twin = earlier.find(
    (other) => other.base.record.fingerprint === base.record.fingerprint && other.adapter.rank === rank,
  );
  if (twin === undefined) return;
  throw new LoraError(
    "USAGE",
    `${twin.part} and ${label} are both of rank ${rank} for ${name}, and a version has one adapter for each base and rank`,
    {
      hint: `pack one of them alone: lora pack ${directory} --name @scope/name`,
      details: { adapters: [twin.part, label], rank },
    },
  );
}

export function assertSameBase(entry: DraftEntry | undefined, { base }: BaseChoice): void {
  const said = entry?.base?.fingerprint;
  if (said === undefined || said === base.record.fingerprint) return;
  throw new LoraError(
    "ADAPTER_MISMATCH",
    `lora.json says that ${entry?.file} is for ${entry?.base?.name ?? "the base"} (${said.slice(0, 17)}…), not for ${base.name} (${formatFingerprint(base.record.fingerprint)}…)`,
    {
      hint: `name its base with --base, or delete the adapter from lora.json`,
      details: { file: entry?.file },
    },
  );
}
