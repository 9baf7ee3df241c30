// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { ownersResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, holderParam, jsonAnswer, scopeParam } from "../../http/openapi.ts";
import { holderOfPath, scopeOfPath } from "../../http/scope-path.ts";
import { setOwner } from "../../scopes/owners.ts";

export const removeOwnerRoute = createRoute({
  method: "delete",
  path: "/api/v1/scopes/{scope}/owners/{holder}",
  summary: "Take a role in a scope away",
  description: "The last owner stays. Needs a token with `owners`, of an owner.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam, holder: holderParam }) },
  responses: { 200: jsonAnswer("Everybody as it is now", ownersResponseSchema), default: failure },
});

export function removeScopeOwner({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [scope, holder] = [scopeOfPath(c), holderOfPath(c)];
    await assertMay(db, caller, scope, "owners");
    const owners = await setOwner(db, scope, holder, null);
    c.get("log").info({ scope, holder, by: caller.name }, "role taken away");
    return c.json(owners, 200);
  };
}
