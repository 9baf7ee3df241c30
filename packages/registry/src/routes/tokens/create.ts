// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { createTokenRequestSchema, newTokenSchema } from "@lora/client/documents";
import { authenticate } from "../../auth/index.ts";
import { assertMayIssue, issueToken } from "../../auth/issue-token.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { accountOfCaller } from "./account-of-caller.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export const createTokenRoute = createRoute({
  method: "post",
  path: "/api/v1/tokens",
  summary: "Make a token of the account",
  description:
    "It is shown this once: the registry keeps its hash. It cannot do more than the token that makes it. Needs a token " +
    "with `tokens` that is limited neither to packages nor to networks.",
  security: bearer,
  request: { body: jsonRequest(createTokenRequestSchema) },
  responses: { 201: jsonAnswer("The token", newTokenSchema), default: failure },
});

export function createToken({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    accountOfCaller(caller);
    const request = await readJson(c, createTokenRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    assertMayIssue(caller, request.actions);
    const { expiresInDays, ...rest } = request;
    const expiresAt = new Date(Date.now() + expiresInDays * DAY_MS);
    const token = await issueToken(db, caller.holder, { ...rest, expiresAt });
    c.get("log").info({ id: token.id, name: token.name, by: caller.name }, "token made");
    return c.json(token, 201);
  };
}
