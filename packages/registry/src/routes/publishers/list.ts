// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { publishersResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, nameParam, scopeParam } from "../../http/openapi.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { listPublishers } from "../../oidc/index.ts";

export const listPublishersRoute = createRoute({
  method: "get",
  path: "/api/v1/packages/{scope}/{name}/publishers",
  summary: "The workflows that may publish a package",
  description: "Needs a token with `owners`, of an owner.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam, name: nameParam }) },
  responses: { 200: jsonAnswer("The oldest first", publishersResponseSchema), default: failure },
});

export function listPackagePublishers({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const name = packageOfPath(c);
    await assertMay(db, caller, name, "owners");
    return c.json({ publishers: await listPublishers(db, name) }, 200);
  };
}
