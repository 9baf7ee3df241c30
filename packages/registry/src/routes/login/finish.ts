// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import {
  DEFAULT_TOKEN_DAYS,
  loginTokenRequestSchema,
  loginTokenResponseSchema,
} from "@lora/client/documents";
import { ACTIONS } from "../../auth/index.ts";
import { issueToken } from "../../auth/issue-token.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export const finishLoginRoute = createRoute({
  method: "post",
  path: "/api/v1/login/token",
  summary: "Fetch the token of a login, once it is approved",
  description: `The token may do all that its account may, for ${DEFAULT_TOKEN_DAYS} days. A login gives one token.`,
  request: { body: jsonRequest(loginTokenRequestSchema) },
  responses: {
    200: jsonAnswer("Nobody has decided yet, or here is the token", loginTokenResponseSchema),
    default: failure,
  },
});

export function finishLogin({ db, accounts, limits }: Deps) {
  return async (c: RequestContext) => {
    const { deviceCode } = await readJson(c, loginTokenRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const redeemed = await accounts.redeemDeviceLogin(deviceCode);
    if (redeemed === undefined) return c.json({ status: "pending" as const }, 200);
    const token = await issueToken(
      db,
      { kind: "user", userId: redeemed.userId },
      {
        name: redeemed.label,
        actions: ACTIONS,
        expiresAt: new Date(Date.now() + DEFAULT_TOKEN_DAYS * DAY_MS),
      },
    );
    c.get("log").info({ account: redeemed.userId, token: token.name }, "logged in");
    return c.json({ status: "approved" as const, ...token }, 200);
  };
}
