// SPDX-License-Identifier: Apache-2.0
/** The life of a token: made, listed, revoked. */
import type { NewToken, TokenInfo } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { and, desc, eq, gt, isNull, or } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import type { Action } from "./actions.ts";
import type { Caller, Holder } from "./caller.ts";
import { generateToken, hashToken } from "./token.ts";

/** Of one account, not counting those that are revoked or expired. */
export const MAX_TOKENS = 100;

export interface TokenRequest {
  name: string;
  actions: readonly Action[];
  packages?: readonly string[] | undefined;
  networks?: readonly string[] | undefined;
  expiresAt: Date;
}

/**
 * A token may not make one that could do more than itself, so one that is limited to packages or to networks makes none.
 * @throws LoraError FORBIDDEN
 */
export function assertMayIssue(caller: Caller, actions: readonly Action[]): void {
  const more = actions.filter((action) => !caller.actions.includes(action));
  if (more.length > 0 || caller.packages !== null || caller.networks !== null) {
    throw new LoraError("FORBIDDEN", "a token cannot make one that may do more than itself", {
      hint: "log in with lora login and try again",
      details: {
        has: caller.actions,
        asked: actions,
        packages: caller.packages,
        networks: caller.networks,
      },
    });
  }
}

/** @throws LoraError USAGE when the account has too many */
export async function issueToken(db: Queryable, holder: Holder, request: TokenRequest): Promise<NewToken> {
  const { tokens } = tables;
  const userId = holder.kind === "publisher" ? null : (holder.userId ?? null);
  if (userId !== null && (await listTokens(db, userId)).length >= MAX_TOKENS) {
    throw new LoraError("USAGE", `the account has ${MAX_TOKENS} tokens already`, {
      hint: "revoke one first: lora token ls, lora token revoke ID",
    });
  }
  const token = generateToken();
  const [row] = await db
    .insert(tokens)
    .values({
      hash: hashToken(token),
      name: request.name,
      actions: [...request.actions],
      userId,
      publisherId: holder.kind === "publisher" ? holder.publisherId : null,
      packages: request.packages === undefined ? null : [...request.packages],
      cidrs: request.networks === undefined ? null : [...request.networks],
      createdAt: new Date(),
      expiresAt: request.expiresAt,
    })
    .returning();
  if (row === undefined) throw new Error("no token was inserted");
  return { ...infoOf(row), token };
}

/** The newest first; those that are revoked or expired are gone. @param userId null for the registry's own */
export async function listTokens(db: Queryable, userId: string | null): Promise<TokenInfo[]> {
  const { tokens } = tables;
  const rows = await db
    .select()
    .from(tokens)
    .where(
      and(
        userId === null ? isNull(tokens.userId) : eq(tokens.userId, userId),
        isNull(tokens.publisherId),
        isNull(tokens.revokedAt),
        or(isNull(tokens.expiresAt), gt(tokens.expiresAt, new Date())),
      ),
    )
    .orderBy(desc(tokens.id));
  return rows.map(infoOf);
}

/** Of the same account only. Returns whether there was such a token to revoke. */
export async function revokeToken(db: Queryable, userId: string | null, id: number): Promise<boolean> {
  const { tokens } = tables;
  const rows = await db
    .update(tokens)
    .set({ revokedAt: new Date() })
    .where(
      and(
        eq(tokens.id, id),
        userId === null ? isNull(tokens.userId) : eq(tokens.userId, userId),
        isNull(tokens.revokedAt),
      ),
    )
    .returning({ id: tokens.id });
  return rows.length > 0;
}

function infoOf(row: typeof tables.tokens.$inferSelect): TokenInfo {
  return {
    id: row.id,
    name: row.name,
    actions: row.actions,
    ...(row.packages === null ? {} : { packages: row.packages }),
    ...(row.cidrs === null ? {} : { networks: row.cidrs }),
    createdAt: row.createdAt.toISOString(),
    ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.toISOString() }),
    ...(row.lastUsedAt === null ? {} : { lastUsedAt: row.lastUsedAt.toISOString() }),
  };
}
