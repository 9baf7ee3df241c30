// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { scopeVisibilityRequestSchema, visibilityResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest, scopeParam } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { scopeOfPath } from "../../http/scope-path.ts";
import { setScopeVisibility } from "../../visibility/index.ts";

export const setScopeVisibilityRoute = createRoute({
  method: "put",
  path: "/api/v1/scopes/{scope}/visibility",
  summary: "Say who sees the packages of a scope that do not say so themselves",
  description: "What was public may have been copied already. Needs a token with `owners`, of an owner.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam }), body: jsonRequest(scopeVisibilityRequestSchema) },
  responses: { 200: jsonAnswer("As it is now", visibilityResponseSchema), default: failure },
});

export function setVisibilityOfScope({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const scope = scopeOfPath(c);
    await assertMay(db, caller, scope, "owners");
    const { visibility } = await readJson(c, scopeVisibilityRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    await setScopeVisibility(db, scope, visibility);
    c.get("log").info({ scope, visibility, by: caller.name }, "visibility set");
    return c.json({ name: scope, visibility }, 200);
  };
}
