// SPDX-License-Identifier: Apache-2.0
import { roleSchema, type ScopeRole } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";

/** @param text what a form sent @throws LoraError USAGE */
export function parseRole(text: string | null): ScopeRole {
  const role = roleSchema.safeParse(text);
  if (role.success) return role.data;
  throw new LoraError("USAGE", "a role is reader, publisher or owner");
}
