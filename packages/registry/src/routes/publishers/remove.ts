// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { publishersResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";
import { bearer, failure, jsonAnswer, nameParam, scopeParam, tokenIdParam } from "../../http/openapi.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { listPublishers, removePublisher } from "../../oidc/index.ts";

export const removePublisherRoute = createRoute({
  method: "delete",
  path: "/api/v1/packages/{scope}/{name}/publishers/{id}",
  summary: "Let a workflow no longer publish a package",
  description: "Tokens that it has now count for nothing. Needs a token with `owners`, of an owner.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam, name: nameParam, id: tokenIdParam }) },
  responses: { 200: jsonAnswer("Those that are left", publishersResponseSchema), default: failure },
});

export function removePackagePublisher({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const name = packageOfPath(c);
    await assertMay(db, caller, name, "owners");
    const id = Number(c.req.param("id"));
    const removed = Number.isSafeInteger(id) && (await removePublisher(db, name, id));
    if (!removed) throw notFound(`${name} has no such publisher`);
    c.get("log").info({ name, publisher: id, by: caller.name }, "publisher removed");
    return c.json({ publishers: await listPublishers(db, name) }, 200);
  };
}
