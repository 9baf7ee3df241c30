// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { and, eq, gt, isNull, or } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import type { Action } from "./actions.ts";
import { hashToken, isToken } from "./token.ts";

/** Who makes a request: the token's row, as far as anybody may see it. */
export interface Caller {
  tokenId: number;
  name: string;
  actions: readonly string[];
}

/**
 * @param authorization the header, controlled by the client
 * @throws LoraError UNAUTHENTICATED, the same for a token that never was, that expired and that was revoked
 */
export async function authenticate(db: Queryable, authorization: string | undefined): Promise<Caller> {
  if (authorization === undefined) {
    throw new LoraError("UNAUTHENTICATED", "this needs a token", {
      hint: "send Authorization: Bearer lora_…; lora login stores a token for the lora command",
    });
  }
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  const caller = token !== undefined && isToken(token) ? await findCaller(db, token) : undefined;
  if (caller === undefined) {
    throw new LoraError(
      "UNAUTHENTICATED",
      "the registry does not know this token, or it is revoked or expired",
    );
  }
  return caller;
}

async function findCaller(db: Queryable, token: string): Promise<Caller | undefined> {
  const { tokens } = tables;
  const [row] = await db
    .select({ tokenId: tokens.id, name: tokens.name, actions: tokens.actions })
    .from(tokens)
    .where(
      and(
        eq(tokens.hash, hashToken(token)),
        isNull(tokens.revokedAt),
        or(isNull(tokens.expiresAt), gt(tokens.expiresAt, new Date())),
      ),
    );
  return row;
}

/** @throws LoraError FORBIDDEN unless the caller's token allows one of the actions */
export function assertAllowed(caller: Caller, ...anyOf: [Action, ...Action[]]): void {
  if (anyOf.some((action) => caller.actions.includes(action))) return;
  throw new LoraError(
    "FORBIDDEN",
    `the token ${JSON.stringify(caller.name)} does not allow ${anyOf.join(" or ")}`,
    {
      details: { needs: anyOf, has: caller.actions },
    },
  );
}
