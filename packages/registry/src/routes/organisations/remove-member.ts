// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { membersResponseSchema } from "@lora/client/documents";
import { parseAccountName } from "../../accounts/index.ts";
import { assertAllowed, assertForAll, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, memberParam, organisationParam } from "../../http/openapi.ts";

import { assertMember, setMember } from "../../organisations/index.ts";

export const removeMemberRoute = createRoute({
  method: "delete",
  path: "/api/v1/organisations/{organisation}/members/{member}",
  summary: "Take an account out of an organisation",
  description:
    "The last owner stays. Needs a token with `owners`, of an owner of the organisation, that is not limited to packages.",
  security: bearer,
  request: {
    params: z.object({ organisation: organisationParam, member: memberParam }),
  },
  responses: { 200: jsonAnswer("Everybody as it is now", membersResponseSchema), default: failure },
});

export function removeOrganisationMember({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "owners");
    assertForAll(caller);
    const name = parseAccountName(c.req.param("organisation") ?? "");
    const member = parseAccountName(c.req.param("member") ?? "");
    const id = await assertMember(db, caller, name, "owner");

    const members = await setMember(db, id, name, member, null);
    c.get("log").info({ organisation: name, member, by: caller.name }, "role taken away");
    return c.json(members, 200);
  };
}
