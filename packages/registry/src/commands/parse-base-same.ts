// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { type Fingerprint, isFingerprint } from "@lora/client/fingerprint";
import type { RegistryOptions } from "../options.ts";

export interface BaseSameCommand {
  kind: "base-same";
  bases: readonly [Fingerprint, Fingerprint];
  options: RegistryOptions;
}

/** @param positionals what stands behind `base-same` @throws LoraError USAGE */
export function parseBaseSame(positionals: readonly string[], options: RegistryOptions): BaseSameCommand {
  const [one = "", other = "", ...more] = positionals;
  if (!isFingerprint(one) || !isFingerprint(other) || more.length > 0) {
    throw new LoraError("USAGE", "base-same takes the whole fingerprints of two bases", {
      hint: "see them with: lora base ls --json",
    });
  }
  return { kind: "base-same", bases: [one, other], options };
}
