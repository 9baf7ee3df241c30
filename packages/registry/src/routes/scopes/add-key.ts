// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { addKeyRequestSchema, MAX_SCOPE_KEYS, scopeKeyResponseSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { importPublicKey, verifyKeyStatement } from "@lora/client/signing";
import { count, eq } from "drizzle-orm";
import { assertMay, authenticate } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest, scopeParam } from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";
import { scopeOfPath } from "../../http/scope-path.ts";
import { appendLogEntry, findPending } from "../../log/index.ts";
import { assertUsable, holdUsableKey, readScopeKeys } from "../../scopes/scope-keys.ts";
import { describeScopeKey } from "./describe-key.ts";

const MAX_BODY_BYTES = 16 * 1024;

export const addKeyRoute = createRoute({
  method: "post",
  path: "/api/v1/scopes/{scope}/keys",
  summary: "Give a scope a further signing key",
  description:
    "The statement is signed by a key that the scope has. When the answer comes the key is in the registry's log. Repeating " +
    "the request gives the same answer. Needs a token with `owners`.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam }), body: jsonRequest(addKeyRequestSchema) },
  responses: {
    200: jsonAnswer("The scope has this key already", scopeKeyResponseSchema),
    201: jsonAnswer("The scope has the key now", scopeKeyResponseSchema),
    default: failure,
  },
});

export function addKey({ db, logWriter, origin, limits }: Deps) {
  const { scopeKeys, scopes } = tables;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const scope = scopeOfPath(c);
    await assertMay(db, caller, scope, "owners");
    const { pem: given, statement } = await readJson(c, addKeyRequestSchema, MAX_BODY_BYTES, limits);
    const { keyId, pem } = await importPublicKey(given);
    const keys = await readScopeKeys(db, scope);
    // A client whose answer was lost asks again.
    const known = keys.find((key) => key.keyId === keyId);
    if (known !== undefined && known.addedBy !== null)
      return c.json(await describeScopeKey(db, scope, keyId), 200);

    const { by } = await verifyKeyStatement(statement, { registry: origin, scope, keyId }, keys);
    for (const key of keys) if (key.keyId === by) assertUsable(key);
    logWriter.assertRunning();
    const pending = await db.transaction(async (tx) => {
      await tx.select({ name: scopes.name }).from(scopes).where(eq(scopes.name, scope)).for("no key update");
      const [held] = await tx.select({ count: count() }).from(scopeKeys).where(eq(scopeKeys.scope, scope));
      if ((held?.count ?? 0) >= MAX_SCOPE_KEYS)
        throw new LoraError("USAGE", `${scope} has had ${MAX_SCOPE_KEYS} keys already`);
      await holdUsableKey(tx, scope, by);
      const added = await tx
        .insert(scopeKeys)
        .values({ scope, keyId, pem, addedAt: new Date(), addedBy: by, statement })
        .onConflictDoNothing()
        .returning({ keyId: scopeKeys.keyId });
      if (added.length > 0) return appendLogEntry(tx, { t: "key.add", scope, keyid: keyId, by });
      if (known !== undefined)
        throw new LoraError("KEY_INVALID", `${scope} has the key ${keyId.slice(0, 12)} already`);
      return findPending(tx, scope);
    });
    if (pending !== undefined) await logWriter.settle(pending);
    c.get("log").info({ scope, keyId, by, token: caller.name }, "key added");
    return c.json(await describeScopeKey(db, scope, keyId), 201);
  };
}
