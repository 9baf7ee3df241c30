// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { organisationsResponseSchema } from "@lora/client/documents";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer } from "../../http/openapi.ts";
import { listOrganisations } from "../../organisations/index.ts";

export const listOrganisationsRoute = createRoute({
  method: "get",
  path: "/api/v1/organisations",
  summary: "The organisations that the account is a member of",
  description: "Needs a token with `read` or `owners`.",
  security: bearer,
  responses: { 200: jsonAnswer("By name", organisationsResponseSchema), default: failure },
});

export function listOwnOrganisations({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "read", "owners");
    const userId = caller.holder.kind === "publisher" ? undefined : caller.holder.userId;
    return c.json(userId === undefined ? { organisations: [] } : await listOrganisations(db, userId), 200);
  };
}
