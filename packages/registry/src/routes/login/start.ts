// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { loginRequestSchema, loginResponseSchema } from "@lora/client/documents";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";

export const startLoginRoute = createRoute({
  method: "post",
  path: "/api/v1/login",
  summary: "Begin a login that somebody approves in a browser",
  description:
    "Show `userCode` and `verificationUrl` to the person, then ask for the token every `intervalSeconds` with `deviceCode`, " +
    "which is a secret.",
  request: { body: jsonRequest(loginRequestSchema) },
  responses: { 201: jsonAnswer("The login waits for approval", loginResponseSchema), default: failure },
});

export function startLogin({ accounts, limits }: Deps) {
  return async (c: RequestContext) => {
    const { label } = await readJson(c, loginRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    return c.json(await accounts.startDeviceLogin(label), 201);
  };
}
