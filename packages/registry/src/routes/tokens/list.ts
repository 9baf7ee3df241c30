// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { tokensResponseSchema } from "@lora/client/documents";
import { authenticate } from "../../auth/index.ts";
import { listTokens } from "../../auth/issue-token.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer } from "../../http/openapi.ts";
import { accountOfCaller } from "./account-of-caller.ts";

export const listTokensRoute = createRoute({
  method: "get",
  path: "/api/v1/tokens",
  summary: "The account's tokens, without the tokens themselves",
  description: "Those that are revoked or expired are left out. Needs a token with `tokens`.",
  security: bearer,
  responses: { 200: jsonAnswer("The newest first", tokensResponseSchema), default: failure },
});

export function listOwnTokens({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    return c.json({ tokens: await listTokens(db, accountOfCaller(caller)) }, 200);
  };
}
