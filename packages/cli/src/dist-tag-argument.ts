// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { isDistTag } from "@lora/client/manifest";
import { quote } from "@lora/client/names";

/** @throws LoraError USAGE */
export function parseDistTag(text: string): string {
  if (isDistTag(text)) return text;
  throw new LoraError("USAGE", `${quote(text)} is not a dist-tag`, {
    hint: "use a word such as beta: letters a-z, digits and hyphens, and no version",
  });
}
