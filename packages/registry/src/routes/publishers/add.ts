// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { publisherRequestSchema, publisherSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest, nameParam, scopeParam } from "../../http/openapi.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { addPublisher, allowedIssuers } from "../../oidc/index.ts";

export const addPublisherRoute = createRoute({
  method: "post",
  path: "/api/v1/packages/{scope}/{name}/publishers",
  summary: "Let a workflow of a CI system publish a package, without a stored token",
  description:
    "The package need not exist yet. The workflow's releases are signed all the same, by a key of the scope. Needs a token " +
    "with `owners`, of an owner.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, name: nameParam }),
    body: jsonRequest(publisherRequestSchema),
  },
  responses: {
    200: jsonAnswer("It was one already", publisherSchema),
    201: jsonAnswer("The workflow may publish", publisherSchema),
    default: failure,
  },
});

export function addPackagePublisher({ db, limits, access }: Deps) {
  const issuers = allowedIssuers(access.issuers);
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const name = packageOfPath(c);
    await assertMay(db, caller, name, "owners");
    const request = await readJson(c, publisherRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const { publisher, isNew } = await addPublisher(db, issuers, name, request);
    c.get("log").info({ name, publisher: publisher.id, by: caller.name }, "publisher added");
    return isNew ? c.json(publisher, 201) : c.json(publisher, 200);
  };
}
