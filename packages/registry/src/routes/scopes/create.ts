// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { createScopeRequestSchema, createScopeResponseSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { importPublicKey } from "@lora/client/signing";
import { sql } from "drizzle-orm";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import { type Transaction, tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";
import { readScopeKeys } from "../../scopes/scope-keys.ts";
import { areConfusable, skeletonOf } from "../../scopes/similar.ts";

const MAX_BODY_BYTES = 16 * 1024;
/** Held while a scope is made, so that of two that look alike and come at once only one is made. */
const SCOPES_LOCK = 5_662_134_918;

export const createScopeRoute = createRoute({
  method: "post",
  path: "/api/v1/scopes",
  summary: "Make a scope and bind its first signing key",
  description: "Repeating the request with the same key gives the same answer. Needs a token with `owners`.",
  security: bearer,
  request: { body: jsonRequest(createScopeRequestSchema) },
  responses: {
    200: jsonAnswer("The scope exists already, with this one key", createScopeResponseSchema),
    201: jsonAnswer("The scope was made", createScopeResponseSchema),
    default: failure,
  },
});

export function createScope({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "owners");
    const { scope, publicKeyPem } = await readJson(c, createScopeRequestSchema, MAX_BODY_BYTES, limits);
    const { keyId, pem } = await importPublicKey(publicKeyPem);

    const made = await db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${SCOPES_LOCK})`);
      const alike = await findConfusable(tx, scope);
      if (alike === scope) {
        const keys = await readScopeKeys(tx, scope);
        // A client whose answer was lost asks again.
        if (keys.length === 1 && keys[0]?.keyId === keyId) return false;
        throw new LoraError("SCOPE_EXISTS", `the scope ${scope} exists already`);
      }
      if (alike !== undefined) {
        throw new LoraError("SCOPE_TOO_SIMILAR", `${scope} is too easily taken for ${alike}`, {
          hint: "choose a name that nobody takes for another",
          details: { scope, existing: alike },
        });
      }
      const now = new Date();
      await tx.insert(tables.scopes).values({ name: scope, skeleton: skeletonOf(scope), createdAt: now });
      await tx.insert(tables.scopeKeys).values({ scope, keyId, pem, addedAt: now });
      return true;
    });
    if (made) c.get("log").info({ scope, keyId, token: caller.name }, "scope made");
    return made ? c.json({ scope, keyId }, 201) : c.json({ scope, keyId }, 200);
  };
}

/** The scope itself if it exists, else one that looks like it. */
async function findConfusable(tx: Transaction, scope: ScopeName): Promise<ScopeName | undefined> {
  const rows = await tx.select({ name: tables.scopes.name }).from(tables.scopes);
  const alike = rows.map((row) => row.name as ScopeName).filter((name) => areConfusable(name, scope));
  return alike.find((name) => name === scope) ?? alike[0];
}
