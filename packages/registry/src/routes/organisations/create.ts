// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { accountNameSchema, createOrganisationRequestSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { assertAllowed, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { createOrganisation } from "../../organisations/index.ts";

const answerSchema = z.object({ name: accountNameSchema });

export const createOrganisationRoute = createRoute({
  method: "post",
  path: "/api/v1/organisations",
  summary: "Make an organisation, whose owner the account is",
  description: "Needs a token with `owners`, of an account, that is not limited to packages.",
  security: bearer,
  request: { body: jsonRequest(createOrganisationRequestSchema) },
  responses: { 201: jsonAnswer("The organisation was made", answerSchema), default: failure },
});

export function createOwnOrganisation({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertAllowed(caller, "owners");
    const { holder } = caller;
    const userId = holder.kind === "publisher" ? undefined : holder.userId;
    if (userId === undefined || caller.packages !== null) {
      throw new LoraError("FORBIDDEN", "an organisation needs an account as its owner", {
        hint: "log in with lora login and try again",
      });
    }
    const { name } = await readJson(c, createOrganisationRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    await createOrganisation(db, name, userId);
    c.get("log").info({ organisation: name, by: caller.name }, "organisation made");
    return c.json({ name }, 201);
  };
}
