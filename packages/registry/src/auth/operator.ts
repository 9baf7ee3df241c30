// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { Caller } from "./caller.ts";
import { assertAllowed } from "./rights.ts";

/**
 * For what concerns the whole registry: an operator, by a token that may say who may do what, everywhere.
 * @throws LoraError FORBIDDEN
 */
export function assertOperator(caller: Caller): void {
  assertAllowed(caller, "owners");
  if (caller.holder.kind === "operator" && caller.packages === null) return;
  throw new LoraError("FORBIDDEN", "only an operator of the registry may do that");
}
