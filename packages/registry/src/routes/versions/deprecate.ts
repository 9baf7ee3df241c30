// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { deprecationRequestSchema } from "@lora/client/documents";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { jsonRequest } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { changeNotes, notedVersion, notesRoute } from "./change-notes.ts";

export const deprecateRoute = createRoute({
  ...notesRoute,
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/deprecation",
  summary: "Deprecate a version: whoever looks at it is told why",
  description:
    "It can be installed as before. Repeating the request gives the same answer; another message takes the place of the " +
    "first. Needs a token with `publish-update`.",
  request: { params: notedVersion, body: jsonRequest(deprecationRequestSchema) },
});

export function deprecateVersion(deps: Deps) {
  return async (c: RequestContext) => {
    const notes = await changeNotes(deps, c, "publish-update", "deprecated", async () => {
      const { message } = await readJson(c, deprecationRequestSchema, MAX_NOTE_BODY_BYTES, deps.limits);
      return { deprecated: message };
    });
    return c.json(notes, 200);
  };
}
