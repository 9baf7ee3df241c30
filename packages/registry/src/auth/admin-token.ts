// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { type Database, tables } from "../database/index.ts";
import { ACTIONS } from "./actions.ts";
import { generateToken, hashToken, isToken } from "./token.ts";

const NAME = "admin";
/** Held here, so that of several processes that start at once on one database only one makes a token. */
const ADMIN_TOKEN_LOCK = 5_662_134_919;

/**
 * Makes sure that there is a token to begin with. `preset` is the operator's own: it becomes the admin token and
 * revokes the one before it, which is also the way back in when that one was lost. Without a preset a token is made if
 * the registry never had one.
 * @returns the token that was made here, to be shown to the operator, once
 * @throws LoraError USAGE when `preset` is no token
 */
export async function ensureAdminToken(db: Database, preset?: string): Promise<string | undefined> {
  if (preset !== undefined && !isToken(preset)) {
    throw new LoraError(
      "USAGE",
      "LORA_REGISTRY_ADMIN_TOKEN is not a token: its form or its checksum is wrong",
      {
        hint: "leave it away and the first start makes a token",
      },
    );
  }
  return db.transaction(async (tx) => {
    const { tokens } = tables;
    await tx.execute(sql`select pg_advisory_xact_lock(${ADMIN_TOKEN_LOCK})`);
    if (preset === undefined) {
      const [any] = await tx.select({ id: tokens.id }).from(tokens).limit(1);
      if (any !== undefined) return undefined;
    }
    const token = preset ?? generateToken();
    const hash = hashToken(token);
    await tx
      .update(tokens)
      .set({ revokedAt: new Date() })
      .where(and(eq(tokens.name, NAME), ne(tokens.hash, hash), isNull(tokens.revokedAt)));
    await tx
      .insert(tokens)
      .values({ hash, name: NAME, actions: [...ACTIONS], createdAt: new Date() })
      .onConflictDoUpdate({ target: tokens.hash, set: { revokedAt: null } });
    return preset === undefined ? token : undefined;
  });
}
