// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { membersResponseSchema, roleRequestSchema } from "@lora/client/documents";
import { parseAccountName } from "../../accounts/index.ts";
import { assertAllowed, assertForAll, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import {
  bearer,
  failure,
  jsonAnswer,
  jsonRequest,
  memberParam,
  organisationParam,
} from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { assertMember, setMember } from "../../organisations/index.ts";

export const setMemberRoute = createRoute({
  method: "put",
  path: "/api/v1/organisations/{organisation}/members/{member}",
  summary: "Give an account a role in an organisation",
  description:
    "Needs a token with `owners`, of an owner of the organisation, that is not limited to packages.",
  security: bearer,
  request: {
    params: z.object({ organisation: organisationParam, member: memberParam }),
    body: jsonRequest(roleRequestSchema),
  },
  responses: { 200: jsonAnswer("Everybody as it is now", membersResponseSchema), default: failure },
});

export function setOrganisationMember({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "owners");
    assertForAll(caller);
    const name = parseAccountName(c.req.param("organisation") ?? "");
    const member = parseAccountName(c.req.param("member") ?? "");
    const id = await assertMember(db, caller, name, "owner");
    const { role } = await readJson(c, roleRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const members = await setMember(db, id, name, member, role);
    c.get("log").info({ organisation: name, member, role, by: caller.name }, "role given");
    return c.json(members, 200);
  };
}
