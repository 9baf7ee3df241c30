// SPDX-License-Identifier: Apache-2.0
import { holderSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { parseScopeName, quote, type ScopeName } from "@lora/client/names";
import type { RequestContext } from "./context.ts";

/** `/…/:scope/…` @throws LoraError NAME_INVALID */
export function scopeOfPath(c: RequestContext): ScopeName {
  return parseScopeName(c.req.param("scope") ?? "");
}

/** `/…/:holder`: an account, or `org:` and an organisation. @throws LoraError NAME_INVALID */
export function holderOfPath(c: RequestContext): string {
  const holder = c.req.param("holder") ?? "";
  if (holderSchema.safeParse(holder).success) return holder;
  throw new LoraError("NAME_INVALID", `${quote(holder)} is neither an account nor an organisation`, {
    hint: "write alice, or org:acme",
  });
}
