// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { createScopeRequestSchema, createScopeResponseSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { importPublicKey } from "@lora/client/signing";
import { eq, sql } from "drizzle-orm";
import { assertAllowed, assertFor, authenticate, type Caller } from "../../auth/index.ts";
import { type Queryable, type Transaction, tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";
import { assertMayOwnScope } from "../../limits/index.ts";
import { appendLogEntry, findPending } from "../../log/index.ts";
import { assertMember } from "../../organisations/index.ts";
import { type Holding, writeRole } from "../../scopes/owners.ts";
import { areConfusable, skeletonOf } from "../../scopes/similar.ts";

const MAX_BODY_BYTES = 16 * 1024;
/** Held while a scope is made, so that of two that look alike and come at once only one is made. */
const SCOPES_LOCK = 5_662_134_918;

export const createScopeRoute = createRoute({
  method: "post",
  path: "/api/v1/scopes",
  summary: "Make a scope and bind its first signing key",
  description:
    "Repeating the request with the same key gives the same answer. An account or an organisation may own 100. Needs a token with `owners`.",
  security: bearer,
  request: { body: jsonRequest(createScopeRequestSchema) },
  responses: {
    200: jsonAnswer("The scope exists already, with this one key", createScopeResponseSchema),
    201: jsonAnswer("The scope was made", createScopeResponseSchema),
    default: failure,
  },
});

export function createScope({ db, logWriter, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "owners");
    const { scope, publicKeyPem, organisation } = await readJson(
      c,
      createScopeRequestSchema,
      MAX_BODY_BYTES,
      limits,
    );
    assertFor(caller, scope);
    const owner = await ownerOf(db, caller, organisation);
    const { keyId, pem } = await importPublicKey(publicKeyPem);

    logWriter.assertRunning();
    const { made, pending } = await db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${SCOPES_LOCK})`);
      const alike = await findConfusable(tx, scope);
      if (alike === scope) {
        const keys = await tx.select().from(tables.scopeKeys).where(eq(tables.scopeKeys.scope, scope));
        // A client whose answer was lost asks again.
        if (keys.length === 1 && keys[0]?.keyId === keyId)
          return { made: false, pending: await findPending(tx, scope) };
        throw new LoraError("SCOPE_EXISTS", `the scope ${scope} exists already`);
      }
      if (alike !== undefined) {
        throw new LoraError("SCOPE_TOO_SIMILAR", `${scope} is too easily taken for ${alike}`, {
          hint: "choose a name that nobody takes for another",
          details: { scope, existing: alike },
        });
      }
      if (owner !== undefined && caller.holder.kind !== "operator") await assertMayOwnScope(tx, owner);
      const now = new Date();
      await tx.insert(tables.scopes).values({ name: scope, skeleton: skeletonOf(scope), createdAt: now });
      await tx.insert(tables.scopeKeys).values({ scope, keyId, pem, addedAt: now });
      // Nothing of the scope comes before these two: by them a client knows its first key.
      await appendLogEntry(tx, { t: "scope.create", scope });
      const pending = await appendLogEntry(tx, { t: "key.add", scope, keyid: keyId, by: null });
      if (owner !== undefined) await writeRole(tx, scope, owner, "owner");
      return { made: true, pending };
    });
    if (pending !== undefined) await logWriter.settle(pending);
    if (made) c.get("log").info({ scope, keyId, token: caller.name }, "scope made");
    return made ? c.json({ scope, keyId }, 201) : c.json({ scope, keyId }, 200);
  };
}

/** Whose the scope is to be: the organisation's, else the account's; undefined for one that the operator makes. */
async function ownerOf(
  db: Queryable,
  caller: Caller,
  organisation: string | undefined,
): Promise<Holding | undefined> {
  if (organisation !== undefined) {
    return { organisationId: await assertMember(db, caller, organisation, "owner") };
  }
  const userId = caller.holder.kind === "publisher" ? undefined : caller.holder.userId;
  return userId === undefined ? undefined : { userId };
}

/** The scope itself if it exists, else one that looks like it. */
async function findConfusable(tx: Transaction, scope: ScopeName): Promise<ScopeName | undefined> {
  const rows = await tx.select({ name: tables.scopes.name }).from(tables.scopes);
  const alike = rows.map((row) => row.name as ScopeName).filter((name) => areConfusable(name, scope));
  return alike.find((name) => name === scope) ?? alike[0];
}
