// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { newTokenSchema, oidcTokenRequestSchema } from "@lora/client/documents";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";
import { allowedIssuers, createIdTokenVerifier, exchangeIdToken } from "../../oidc/index.ts";

const MAX_BODY_BYTES = 32 * 1024;

export const exchangeIdTokenRoute = createRoute({
  method: "post",
  path: "/api/v1/oidc/token",
  summary: "Exchange a CI system's token for one that publishes a package, for half an hour",
  description:
    "`idToken` is for the audience that this registry's origin is, comes from a system that the operator allows, not from a " +
    "pull request, and speaks for a publisher of the package. It is taken once. `error.details.claim` says what failed.",
  request: { body: jsonRequest(oidcTokenRequestSchema) },
  responses: { 201: jsonAnswer("The token", newTokenSchema), default: failure },
});

export function exchangeCiToken({ db, origin, limits, access }: Deps) {
  const verify = createIdTokenVerifier(allowedIssuers(access.issuers), origin);
  return async (c: RequestContext) => {
    const request = await readJson(c, oidcTokenRequestSchema, MAX_BODY_BYTES, limits);
    const verified = await verify(request.idToken);
    const token = await exchangeIdToken(db, verified, request.package);
    c.get("log").info({ name: request.package, token: token.name }, "CI token exchanged");
    return c.json(token, 201);
  };
}
