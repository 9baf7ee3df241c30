// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import { and, eq, gt, isNull, lt, or } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import type { RequestContext } from "../http/context.ts";
import type { Action } from "./actions.ts";
import type { Caller, Holder } from "./caller.ts";
import { isInNetworks } from "./network.ts";
import { hashToken, isToken } from "./token.ts";

/** How exactly a token's last use is known: a write for each request would cost more than the request. */
const LAST_USE_PRECISION_MS = 60 * 60 * 1000;

/** @throws LoraError UNAUTHENTICATED; FORBIDDEN for a token that may not be used from here */
export function authenticate(db: Queryable, c: RequestContext): Promise<Caller> {
  return authenticateToken(db, c.req.header("authorization"), c.get("address"));
}

/**
 * @param authorization the header, controlled by the client
 * @param address of the client; undefined where it is not known
 * @throws LoraError UNAUTHENTICATED, the same for a token that never was, that expired and that was revoked
 */
export async function authenticateToken(
  db: Queryable,
  authorization: string | undefined,
  address?: string,
): Promise<Caller> {
  if (authorization === undefined) {
    throw new LoraError("UNAUTHENTICATED", "this needs a token", {
      hint: "log in: lora login (programs send Authorization: Bearer lora_…)",
    });
  }
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  // Found by its hash: how long the search takes says nothing of the token.
  const row = token !== undefined && isToken(token) ? await findToken(db, hashToken(token)) : undefined;
  if (row === undefined) {
    throw new LoraError(
      "UNAUTHENTICATED",
      "the registry does not know this token, or it is revoked or expired",
    );
  }
  if (row.cidrs !== null && !isInNetworks(row.cidrs, address)) {
    throw new LoraError(
      "FORBIDDEN",
      `the token ${JSON.stringify(row.name)} may not be used from this address`,
      {
        details: { networks: row.cidrs, ...(address === undefined ? {} : { address }) },
      },
    );
  }
  await noteUse(db, row);
  return {
    tokenId: row.id,
    name: row.name,
    holder: holderOf(row),
    actions: row.actions as Action[],
    packages: row.packages,
    networks: row.cidrs,
  };
}

async function findToken(db: Queryable, hash: string) {
  const { publishers, tokens, users } = tables;
  const [row] = await db
    .select({
      id: tokens.id,
      name: tokens.name,
      actions: tokens.actions,
      packages: tokens.packages,
      cidrs: tokens.cidrs,
      lastUsedAt: tokens.lastUsedAt,
      userId: tokens.userId,
      isOperator: users.isOperator,
      publisherId: tokens.publisherId,
      publisherPackage: publishers.package,
    })
    .from(tokens)
    .leftJoin(users, eq(users.id, tokens.userId))
    .leftJoin(publishers, eq(publishers.id, tokens.publisherId))
    .where(
      and(
        eq(tokens.hash, hash),
        isNull(tokens.revokedAt),
        or(isNull(tokens.expiresAt), gt(tokens.expiresAt, new Date())),
      ),
    );
  return row;
}

type TokenRow = NonNullable<Awaited<ReturnType<typeof findToken>>>;

function holderOf({ userId, isOperator, publisherId, publisherPackage }: TokenRow): Holder {
  if (publisherId !== null) {
    return { kind: "publisher", publisherId, package: publisherPackage as PackageName };
  }
  if (userId === null) return { kind: "operator" };
  return isOperator ? { kind: "operator", userId } : { kind: "user", userId };
}

async function noteUse(db: Queryable, { id, lastUsedAt }: TokenRow): Promise<void> {
  const { tokens } = tables;
  const [now, due] = [new Date(), new Date(Date.now() - LAST_USE_PRECISION_MS)];
  if (lastUsedAt !== null && lastUsedAt >= due) return;
  await db
    .update(tokens)
    .set({ lastUsedAt: now })
    .where(and(eq(tokens.id, id), or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, due))));
}
