// SPDX-License-Identifier: Apache-2.0
/** The passkeys of an account, for its page. They are registered and used at better-auth's endpoints (better-auth.ts). */
import { and, asc, eq } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";

export interface Passkey {
  id: string;
  /** As the account called it; controlled by its owner. */
  name: string;
  createdAt: Date | null;
}

export async function listPasskeys(db: Queryable, userId: string): Promise<Passkey[]> {
  const { passkeys } = tables;
  const rows = await db
    .select({ id: passkeys.id, name: passkeys.name, createdAt: passkeys.createdAt })
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(asc(passkeys.createdAt), asc(passkeys.id));
  return rows.map(({ name, ...row }) => ({ ...row, name: name || "passkey" }));
}

/** Nothing happens to one of another account, nor to one that is gone already. */
export async function removePasskey(db: Queryable, userId: string, id: string): Promise<void> {
  const { passkeys } = tables;
  await db.delete(passkeys).where(and(eq(passkeys.id, id), eq(passkeys.userId, userId)));
}
