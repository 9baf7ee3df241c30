// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { assertOperator, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer } from "../../http/openapi.ts";
import { listWebhooks, webhooksResponseSchema } from "../../webhooks/index.ts";

export const listWebhooksRoute = createRoute({
  method: "get",
  path: "/api/v1/webhooks",
  summary: "Who is told of what is published, yanked and taken down",
  description:
    "Without their secrets; what was delivered and given up is counted for some days. For operators, with `owners`.",
  security: bearer,
  responses: { 200: jsonAnswer("The oldest first", webhooksResponseSchema), default: failure },
});

export function listAllWebhooks({ db }: Deps) {
  return async (c: RequestContext) => {
    assertOperator(await authenticate(db, c));
    return c.json({ webhooks: await listWebhooks(db) }, 200);
  };
}
