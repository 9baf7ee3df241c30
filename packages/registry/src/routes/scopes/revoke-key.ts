// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { revokeKeyRequestSchema, scopeKeyResponseSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { and, eq } from "drizzle-orm";
import { assertMay, authenticate } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest, keyIdParam, scopeParam } from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";
import { scopeOfPath } from "../../http/scope-path.ts";
import { appendLogEntry, findPending } from "../../log/index.ts";
import { describeScopeKey } from "./describe-key.ts";
import { keyIdOfPath } from "./key-id-of-path.ts";

const MAX_BODY_BYTES = 1024;

export const revokeKeyRoute = createRoute({
  method: "post",
  path: "/api/v1/scopes/{scope}/keys/{keyId}/revoke",
  summary: "Revoke a signing key: what it signs from here on counts for nothing",
  description:
    "What it signed before stays valid, unless `validBefore` names an earlier place in the log. For good: a revocation cannot " +
    "be taken back, and repeating the request gives the same answer; only an earlier place is taken anew. Needs a token with " +
    "`owners`.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, keyId: keyIdParam }),
    body: jsonRequest(revokeKeyRequestSchema),
  },
  responses: { 200: jsonAnswer("The key is revoked", scopeKeyResponseSchema), default: failure },
});

export function revokeKey({ db, logWriter, limits }: Deps) {
  const { logEntries, scopeKeys, scopes } = tables;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [scope, keyId] = [scopeOfPath(c), keyIdOfPath(c)];
    await assertMay(db, caller, scope, "owners");
    const { validBefore } = await readJson(c, revokeKeyRequestSchema, MAX_BODY_BYTES, limits);
    logWriter.assertRunning();
    const pending = await db.transaction(async (tx) => {
      await tx.select({ name: scopes.name }).from(scopes).where(eq(scopes.name, scope)).for("no key update");
      // Waits for publishes that hold the key: they come before this in the log.
      const own = and(eq(scopeKeys.scope, scope), eq(scopeKeys.keyId, keyId));
      const [key] = await tx.select().from(scopeKeys).where(own).for("update");
      if (key === undefined || key.logIndex === null)
        throw new LoraError("KEY_UNKNOWN", `${scope} has no key ${keyId.slice(0, 12)}`);
      const revokedFrom = key.validBefore ?? 0;
      const reachesFurtherBack = validBefore !== undefined && validBefore < revokedFrom;
      if (key.revokedAt !== null && !reachesFurtherBack) return findPending(tx, scope);
      if (validBefore !== undefined) {
        const [entry] = await tx
          .select({ index: logEntries.index })
          .from(logEntries)
          .where(eq(logEntries.index, validBefore));
        if (entry === undefined) throw new LoraError("USAGE", `the log has no entry ${validBefore} yet`);
      }
      await tx.update(scopeKeys).set({ revokedAt: new Date() }).where(own);
      return appendLogEntry(tx, {
        t: "key.revoke",
        scope,
        keyid: keyId,
        ...(validBefore === undefined ? {} : { validBefore }),
      });
    });
    if (pending !== undefined) await logWriter.settle(pending);
    c.get("log").info({ scope, keyId, validBefore, token: caller.name }, "key revoked");
    return c.json(await describeScopeKey(db, scope, keyId), 200);
  };
}
