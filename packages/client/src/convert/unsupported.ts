// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { ARCHITECTURE_NAMES } from "./architectures.ts";

/** @param reason why llama.cpp cannot do the same: the rest of a sentence that `what` begins */
export function unsupported(
  what: string,
  reason: string,
  details: Record<string, unknown> = {},
  hint?: string,
): LoraError {
  return new LoraError("PEFT_UNSUPPORTED", `${what} ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    details,
  });
}

export function unsupportedArchitecture(name: string): LoraError {
  return unsupported(
    `Adapters for bases of the architecture ${quote(name)}`,
    `are not converted; those for ${ARCHITECTURE_NAMES.join(", ")} are`,
    { architecture: name, supported: ARCHITECTURE_NAMES },
  );
}

export function peftInvalid(
  source: string,
  message: string,
  details: Record<string, unknown> = {},
): LoraError {
  return new LoraError("PEFT_INVALID", `${source} ${message}`, { details: { file: source, ...details } });
}
