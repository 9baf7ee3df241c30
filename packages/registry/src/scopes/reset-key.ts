// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { importPublicKey } from "@lora/client/signing";
import { eq } from "drizzle-orm";
import { type Database, tables } from "../database/index.ts";
import { appendLogEntry, type PendingEntry } from "../log/index.ts";

/** The 72 hours in which a scope's owners can object, and one more, so that the log's own clock agrees. */
const DELAY_SECONDS = 73 * 60 * 60;

export interface KeyReset {
  keyId: Sha256;
  /** POSIX seconds. */
  notBefore: number;
  pending: PendingEntry;
}

/**
 * Gives a scope that has lost all of its keys a new one, on the operator's word alone. It may sign after three days, and
 * clients stop until their users have agreed to it.
 * @param publicPem of the new key
 * @throws LoraError KEY_INVALID, SCOPE_NOT_FOUND
 */
export async function resetScopeKey(
  db: Database,
  scope: ScopeName,
  publicPem: string,
  now: Date = new Date(),
): Promise<KeyReset> {
  const { scopeKeys, scopes } = tables;
  const { keyId, pem } = await importPublicKey(publicPem);
  const notBefore = Math.floor(now.getTime() / 1000) + DELAY_SECONDS;
  return db.transaction(async (tx) => {
    const found = await tx
      .select({ logIndex: scopes.logIndex })
      .from(scopes)
      .where(eq(scopes.name, scope))
      .for("no key update");
    if (found.length === 0) throw new LoraError("SCOPE_NOT_FOUND", `there is no scope ${scope}`);
    const made = await tx
      .insert(scopeKeys)
      .values({ scope, keyId, pem, addedAt: now, notBefore })
      .onConflictDoNothing()
      .returning({ keyId: scopeKeys.keyId });
    if (made.length === 0)
      throw new LoraError("KEY_INVALID", `${scope} has the key ${keyId.slice(0, 12)} already`);
    return {
      keyId,
      notBefore,
      pending: await appendLogEntry(tx, { t: "key.reset", scope, keyid: keyId, notBefore }),
    };
  });
}
