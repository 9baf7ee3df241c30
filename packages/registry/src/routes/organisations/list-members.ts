// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { membersResponseSchema } from "@lora/client/documents";
import { parseAccountName } from "../../accounts/index.ts";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, organisationParam } from "../../http/openapi.ts";
import { assertMember, listMembers } from "../../organisations/index.ts";

export const listMembersRoute = createRoute({
  method: "get",
  path: "/api/v1/organisations/{organisation}/members",
  summary: "The members of an organisation",
  description: "For its members; to others it does not exist. Needs a token with `read` or `owners`.",
  security: bearer,
  request: { params: z.object({ organisation: organisationParam }) },
  responses: { 200: jsonAnswer("Accounts and their roles", membersResponseSchema), default: failure },
});

export function listOrganisationMembers({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "read", "owners");
    const name = parseAccountName(c.req.param("organisation") ?? "");
    const id = await assertMember(db, caller, name);
    return c.json(await listMembers(db, id, name), 200);
  };
}
