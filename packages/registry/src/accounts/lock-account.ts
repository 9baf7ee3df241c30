// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { and, eq, isNull } from "drizzle-orm";
import { type Database, tables } from "../database/index.ts";

/**
 * Shuts an account out, at once: nothing that it has lets it in any more. Its name, its roles and what it published stay, and
 * a new password opens it again, without its old tokens and passkeys.
 * @returns how many tokens were revoked
 * @throws LoraError ACCOUNT_NOT_FOUND
 */
export async function lockAccount(db: Database, name: string): Promise<number> {
  const { credentials, deviceCodes, passkeys, sessions, tokens, users } = tables;
  return db.transaction(async (tx) => {
    const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.name, name)).for("update");
    if (user === undefined) throw new LoraError("ACCOUNT_NOT_FOUND", `there is no account ${name}`);
    await tx.update(credentials).set({ password: null }).where(eq(credentials.userId, user.id));
    await tx.delete(passkeys).where(eq(passkeys.userId, user.id));
    await tx.delete(sessions).where(eq(sessions.userId, user.id));
    // Approved, and not fetched yet.
    await tx.delete(deviceCodes).where(eq(deviceCodes.userId, user.id));
    const revoked = await tx
      .update(tokens)
      .set({ revokedAt: new Date() })
      .where(and(eq(tokens.userId, user.id), isNull(tokens.revokedAt)))
      .returning({ id: tokens.id });
    return revoked.length;
  });
}
