// SPDX-License-Identifier: Apache-2.0
import { accountNameSchema, holderSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";

/** An account, or `org:` and an organisation. @throws LoraError NAME_INVALID */
export function parseHolder(text: string): string {
  if (holderSchema.safeParse(text).success) return text;
  throw new LoraError("NAME_INVALID", `${JSON.stringify(text)} is neither an account nor an organisation`, {
    hint: "write alice, or org:acme",
  });
}

/** @throws LoraError NAME_INVALID */
export function parseAccountName(text: string): string {
  if (accountNameSchema.safeParse(text).success) return text;
  throw new LoraError(
    "NAME_INVALID",
    `${JSON.stringify(text)} is not the name of an account or organisation`,
    {
      hint: "use letters a-z, digits and single hyphens, at most 39 characters",
    },
  );
}
