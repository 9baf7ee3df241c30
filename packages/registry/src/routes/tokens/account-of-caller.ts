// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { assertAllowed, type Caller } from "../../auth/index.ts";

/**
 * Whose tokens a caller looks after: its account's, or the registry's own (null).
 * @throws LoraError FORBIDDEN
 */
export function accountOfCaller(caller: Caller): string | null {
  assertAllowed(caller, "tokens");
  if (caller.holder.kind === "publisher") {
    throw new LoraError("FORBIDDEN", "a CI job has no account");
  }
  return caller.holder.userId ?? null;
}
