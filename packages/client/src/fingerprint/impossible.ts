// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";

/** @param file whose `name` begins the message */
export function impossible(file: { readonly name: string }, what: string, hint?: string): LoraError {
  return new LoraError("FINGERPRINT_IMPOSSIBLE", `${file.name} ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { file: file.name },
  });
}
