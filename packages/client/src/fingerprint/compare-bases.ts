// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord } from "./base-record.ts";

/**
 * What differs between two builds of one base besides its weights: values that people edit, so they are in no
 * component, though a wrong one spoils the text.
 */
export function compareBaseSettings(
  known: Pick<BaseRecord, "ropeFreqBase" | "normEpsilon">,
  mine: Pick<BaseRecord, "ropeFreqBase" | "normEpsilon">,
): string[] {
  const settings = [
    ["rope.freq_base", known.ropeFreqBase, mine.ropeFreqBase],
    ["the norm epsilon", known.normEpsilon, mine.normEpsilon],
  ] as const;
  return settings.flatMap(([what, theirs, ours]) =>
    theirs === undefined || ours === undefined || theirs === ours
      ? []
      : [`this model has ${what} ${ours}, other builds of its base have ${theirs}`],
  );
}
