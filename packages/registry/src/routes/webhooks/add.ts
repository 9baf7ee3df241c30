// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { assertOperator, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { addWebhook, addWebhookRequestSchema, newWebhookSchema } from "../../webhooks/index.ts";

export const addWebhookRoute = createRoute({
  method: "post",
  path: "/api/v1/webhooks",
  summary: "Tell an address of what happens from now on",
  description:
    "The secret is shown this once: by it the receiver verifies what it is sent. For operators, with `owners`.",
  security: bearer,
  request: { body: jsonRequest(addWebhookRequestSchema) },
  responses: { 201: jsonAnswer("The webhook", newWebhookSchema), default: failure },
});

export function addNewWebhook({ db, limits, isPrivateReceiverAllowed = false }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertOperator(caller);
    const request = await readJson(c, addWebhookRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const webhook = await addWebhook(db, request, isPrivateReceiverAllowed);
    c.get("log").info({ id: webhook.id, host: new URL(webhook.url).host, by: caller.name }, "webhook added");
    return c.json(webhook, 201);
  };
}
