// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { Caller } from "../../auth/index.ts";

/** Whose an upload in parts is: the account's, whatever token it uses. A bucket's keys are not to name accounts. */
export function uploadOwner({ holder }: Caller): string {
  const name =
    holder.kind === "publisher" ? `publisher ${holder.publisherId}` : `user ${holder.userId ?? ""}`;
  return createHash("sha256").update(name).digest("hex").slice(0, 32);
}
