// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { packageVisibilityRequestSchema, visibilityResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest, nameParam, scopeParam } from "../../http/openapi.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { setPackageVisibility } from "../../visibility/index.ts";

export const setPackageVisibilityRoute = createRoute({
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/visibility",
  summary: "Say who sees a package",
  description:
    "`private`: those with a role in the scope, by a token with `read`. `null` leaves it to the scope. What was public may " +
    "have been copied already. Needs a token with `owners`, of an owner.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, name: nameParam }),
    body: jsonRequest(packageVisibilityRequestSchema),
  },
  responses: { 200: jsonAnswer("As it is now", visibilityResponseSchema), default: failure },
});

export function setVisibilityOfPackage({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const name = packageOfPath(c);
    await assertMay(db, caller, name, "owners");
    const asked = await readJson(c, packageVisibilityRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const visibility = await setPackageVisibility(db, name, asked.visibility);
    c.get("log").info({ name, visibility, by: caller.name }, "visibility set");
    return c.json({ name, visibility }, 200);
  };
}
