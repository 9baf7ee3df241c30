// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { assertOperator, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, webhookIdParam } from "../../http/openapi.ts";
import { testedWebhookSchema, testWebhook } from "../../webhooks/index.ts";
import { webhookOfPath } from "./webhook-of-path.ts";

export const testWebhookRoute = createRoute({
  method: "post",
  path: "/api/v1/webhooks/{id}/test",
  summary: "Send a webhook an event that stands for nothing",
  description: "Once, at once: the answer is what came of it. For operators, with `owners`.",
  security: bearer,
  request: { params: z.object({ id: webhookIdParam }) },
  responses: { 200: jsonAnswer("It was taken", testedWebhookSchema), default: failure },
});

export function testOneWebhook({ db, origin, isPrivateReceiverAllowed = false }: Deps) {
  return async (c: RequestContext) => {
    assertOperator(await authenticate(db, c));
    const isPrivateAllowed = isPrivateReceiverAllowed;
    return c.json(await testWebhook(db, webhookOfPath(c), { origin, isPrivateAllowed }), 200);
  };
}
