// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { assertOperator, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, webhookIdParam } from "../../http/openapi.ts";
import { removedWebhookSchema, removeWebhook } from "../../webhooks/index.ts";
import { webhookOfPath } from "./webhook-of-path.ts";

export const removeWebhookRoute = createRoute({
  method: "delete",
  path: "/api/v1/webhooks/{id}",
  summary: "Tell an address nothing any more",
  description: "What waits for it is forgotten. For operators, with `owners`.",
  security: bearer,
  request: { params: z.object({ id: webhookIdParam }) },
  responses: { 200: jsonAnswer("It is gone", removedWebhookSchema), default: failure },
});

export function removeOneWebhook({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    assertOperator(caller);
    const id = webhookOfPath(c);
    await removeWebhook(db, id);
    c.get("log").info({ id, by: caller.name }, "webhook removed");
    return c.json({ id }, 200);
  };
}
