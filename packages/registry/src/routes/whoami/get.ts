// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { whoamiResponseSchema } from "@lora/client/documents";
import { authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer } from "../../http/openapi.ts";

export const whoamiRoute = createRoute({
  method: "get",
  path: "/api/v1/whoami",
  summary: "Whose token this is, and what it allows",
  security: bearer,
  responses: { 200: jsonAnswer("The token is good", whoamiResponseSchema), default: failure },
});

export function whoami({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    return c.json({ token: { name: caller.name, actions: [...caller.actions] } }, 200);
  };
}
