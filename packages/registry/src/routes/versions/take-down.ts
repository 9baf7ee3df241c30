// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { takedownRequestSchema, takedownResponseSchema } from "@lora/client/documents";
import { assertOperator, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, jsonRequest } from "../../http/openapi.ts";
import { packageOfPath, versionOfPath } from "../../http/package-path.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { takeDown } from "../../operations/take-down.ts";
import { notedVersion } from "./change-notes.ts";

export const takeDownRoute = createRoute({
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/takedown",
  summary: "Stop serving a version, for good",
  description:
    "Its files are answered with 410 and the reason from then on, and the log says so. It cannot be taken back. Repeating " +
    "the request changes nothing, the reason neither. For operators, with `owners`.",
  security: bearer,
  request: { params: notedVersion, body: jsonRequest(takedownRequestSchema) },
  responses: { 200: jsonAnswer("It is taken down", takedownResponseSchema), default: failure },
});

export function takeDownVersion(deps: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(deps.db, c);
    assertOperator(caller);
    const [name, version] = [packageOfPath(c), versionOfPath(c)];
    const { reason } = await readJson(c, takedownRequestSchema, MAX_NOTE_BODY_BYTES, deps.limits);
    const done = await takeDown(deps, name, version, reason, caller.holder);
    c.get("log").info({ name, version, ...done, token: caller.name }, "taken down");
    return c.json({ name, version, ...done }, 200);
  };
}
