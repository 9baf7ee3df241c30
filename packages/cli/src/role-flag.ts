// SPDX-License-Identifier: Apache-2.0
import { SCOPE_ROLES } from "@lora/client/documents";
import { Flags } from "@oclif/core";

export const roleFlag = {
  role: Flags.option({
    description: "owner: everything; publisher: publish and yank; reader: see what is private",
    options: SCOPE_ROLES,
    default: "owner" as const,
  })(),
};
