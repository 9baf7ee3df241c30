// SPDX-License-Identifier: Apache-2.0
import { accountNameSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { quote } from "@lora/client/names";

/** Of an account or an organisation. @throws LoraError NAME_INVALID */
export function parseAccountName(text: string): string {
  if (accountNameSchema.safeParse(text).success) return text;
  throw new LoraError("NAME_INVALID", `${quote(text)} is not the name of an account`, {
    hint: "use letters a-z, digits and single hyphens, at most 39 characters",
  });
}
