// SPDX-License-Identifier: Apache-2.0

import type { Sha256 } from "@lora/client/digest";
import type { ScopeKeyDocument } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { and, asc, eq, inArray, isNotNull } from "drizzle-orm";
import { type Queryable, type Transaction, tables } from "../database/index.ts";

export interface ScopeKey {
  keyId: Sha256;
  pem: string;
  addedAt: Date;
  addedBy: string | null;
  statement: string | null;
  /** Of the entry that gave the scope this key. */
  logIndex: number;
  /** POSIX seconds, for a key of a reset. */
  notBefore: number | null;
  revokedAt: Date | null;
  validBefore: number | null;
  revokedIndex: number | null;
}

/**
 * All keys that the scope has or had, in the order of the log. A scope has at least one.
 * @throws LoraError SCOPE_NOT_FOUND
 */
export async function readScopeKeys(db: Queryable, scope: ScopeName): Promise<ScopeKey[]> {
  const { scopeKeys } = tables;
  const rows = await db
    .select()
    .from(scopeKeys)
    // Till the log has it, nobody sees it.
    .where(and(eq(scopeKeys.scope, scope), isNotNull(scopeKeys.logIndex)))
    .orderBy(asc(scopeKeys.logIndex));
  if (rows.length === 0) {
    throw new LoraError("SCOPE_NOT_FOUND", `there is no scope ${scope}`, {
      hint: `lora scope create ${scope} makes it`,
    });
  }
  return rows as ((typeof rows)[number] & ScopeKey)[];
}

/** @throws LoraError KEY_REVOKED, KEY_NOT_YET_VALID: then it signs nothing new, neither releases nor keys */
export function assertUsable(
  key: Pick<ScopeKey, "keyId" | "revokedAt" | "notBefore">,
  now: Date = new Date(),
): void {
  const shown = key.keyId.slice(0, 12);
  if (key.revokedAt !== null) {
    throw new LoraError("KEY_REVOKED", `the key ${shown} is revoked`, { details: { keyId: key.keyId } });
  }
  if (key.notBefore !== null && key.notBefore * 1000 > now.getTime()) {
    const notBefore = new Date(key.notBefore * 1000).toISOString();
    throw new LoraError(
      "KEY_NOT_YET_VALID",
      `the key ${shown} comes from a reset and may sign from ${notBefore} on`,
      { details: { keyId: key.keyId, notBefore } },
    );
  }
}

/**
 * The same at the moment that decides: until the transaction ends nobody revokes the key.
 * @throws LoraError KEY_UNKNOWN, KEY_REVOKED, KEY_NOT_YET_VALID
 */
export async function holdUsableKey(tx: Transaction, scope: ScopeName, keyId: Sha256): Promise<void> {
  const { scopeKeys } = tables;
  const [key] = await tx
    .select({ keyId: scopeKeys.keyId, revokedAt: scopeKeys.revokedAt, notBefore: scopeKeys.notBefore })
    .from(scopeKeys)
    .where(and(eq(scopeKeys.scope, scope), eq(scopeKeys.keyId, keyId)))
    .for("share");
  if (key === undefined) throw new LoraError("KEY_UNKNOWN", `${scope} has no key ${keyId.slice(0, 12)}`);
  assertUsable(key as Pick<ScopeKey, "keyId" | "revokedAt" | "notBefore">);
}

/** As `/scopes/@scope.json` has them. */
export async function describeScopeKeys(
  db: Queryable,
  keys: readonly ScopeKey[],
): Promise<ScopeKeyDocument[]> {
  const { logEntries } = tables;
  const indexes = keys.flatMap(({ logIndex, revokedIndex }) =>
    revokedIndex === null ? [logIndex] : [logIndex, revokedIndex],
  );
  const rows = await db
    .select({ index: logEntries.index, receipt: logEntries.receipt })
    .from(logEntries)
    .where(inArray(logEntries.index, indexes));
  const receipts = new Map(rows.map(({ index, receipt }) => [index, receipt]));
  const proof = (index: number) => {
    const receipt = receipts.get(index);
    if (receipt === undefined) throw new Error(`the log has no entry ${index}`);
    return { index, receipt };
  };
  return keys.map((key) => ({
    keyId: key.keyId,
    pem: key.pem,
    addedAt: key.addedAt.toISOString(),
    by: key.addedBy as Sha256 | null,
    ...(key.statement === null ? {} : { statement: key.statement }),
    ...proof(key.logIndex),
    ...(key.revokedIndex === null
      ? {}
      : { revoked: { validBefore: key.validBefore ?? key.revokedIndex, ...proof(key.revokedIndex) } }),
    ...(key.notBefore === null ? {} : { reset: { notBefore: key.notBefore, ...proof(key.logIndex) } }),
  }));
}
