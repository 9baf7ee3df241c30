// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { ownersResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, scopeParam } from "../../http/openapi.ts";
import { scopeOfPath } from "../../http/scope-path.ts";
import { listOwners } from "../../scopes/owners.ts";

export const listOwnersRoute = createRoute({
  method: "get",
  path: "/api/v1/scopes/{scope}/owners",
  summary: "Who has a role in a scope",
  description: "For those who have one themselves. Needs a token with `read` or `owners`.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam }) },
  responses: { 200: jsonAnswer("Accounts and organisations", ownersResponseSchema), default: failure },
});

export function listScopeOwners({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const scope = scopeOfPath(c);
    await assertMay(db, caller, scope, "read", "owners");
    return c.json(await listOwners(db, scope), 200);
  };
}
