// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { ownersResponseSchema, roleRequestSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, holderParam, jsonAnswer, jsonRequest, scopeParam } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { holderOfPath, scopeOfPath } from "../../http/scope-path.ts";
import { setOwner } from "../../scopes/owners.ts";

export const setOwnerRoute = createRoute({
  method: "put",
  path: "/api/v1/scopes/{scope}/owners/{holder}",
  summary: "Give an account or an organisation a role in a scope",
  description:
    "An organisation's members may then do at most what it may, and what their role in it allows. Needs a token with " +
    "`owners`, of an owner.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, holder: holderParam }),
    body: jsonRequest(roleRequestSchema),
  },
  responses: { 200: jsonAnswer("Everybody as it is now", ownersResponseSchema), default: failure },
});

export function setScopeOwner({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [scope, holder] = [scopeOfPath(c), holderOfPath(c)];
    await assertMay(db, caller, scope, "owners");
    const { role } = await readJson(c, roleRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const owners = await setOwner(db, scope, holder, role);
    c.get("log").info({ scope, holder, role, by: caller.name }, "role given");
    return c.json(owners, 200);
  };
}
