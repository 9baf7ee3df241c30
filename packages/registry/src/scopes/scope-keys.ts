// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { asc, eq } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";

export interface ScopeKey {
  keyId: Sha256;
  pem: string;
  addedAt: Date;
}

/**
 * The keys that may sign a scope's releases, oldest first. A scope has at least one.
 * @throws LoraError SCOPE_NOT_FOUND
 */
export async function readScopeKeys(db: Queryable, scope: ScopeName): Promise<ScopeKey[]> {
  const { scopeKeys } = tables;
  const rows = await db
    .select({ keyId: scopeKeys.keyId, pem: scopeKeys.pem, addedAt: scopeKeys.addedAt })
    .from(scopeKeys)
    .where(eq(scopeKeys.scope, scope))
    .orderBy(asc(scopeKeys.addedAt), asc(scopeKeys.keyId));
  if (rows.length === 0) {
    throw new LoraError("SCOPE_NOT_FOUND", `there is no scope ${scope}`, {
      hint: `lora scope create ${scope} makes it`,
    });
  }
  return rows as ScopeKey[];
}
