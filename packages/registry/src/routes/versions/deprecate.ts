// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { deprecationRequestSchema, versionNotesResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import {
  bearer,
  failure,
  jsonAnswer,
  jsonRequest,
  nameParam,
  scopeParam,
  versionParam,
} from "../../http/openapi.ts";
import { packageOfPath, versionOfPath } from "../../http/package-path.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { writeNotes } from "./write-notes.ts";

export const deprecateRoute = createRoute({
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/deprecation",
  summary: "Deprecate a version: whoever looks at it is told why",
  description:
    "It can be installed as before. Repeating the request gives the same answer; another message takes the place of the " +
    "first. Needs a token with `publish-update`.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, name: nameParam, version: versionParam }),
    body: jsonRequest(deprecationRequestSchema),
  },
  responses: {
    200: jsonAnswer("What is now said of the version", versionNotesResponseSchema),
    default: failure,
  },
});

export function deprecateVersion(deps: Deps) {
  const { db, limits } = deps;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [name, version] = [packageOfPath(c), versionOfPath(c)];
    await assertMay(db, caller, name, "publish-update");
    const { message } = await readJson(c, deprecationRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const notes = await writeNotes(deps, name, version, { deprecated: message });
    c.get("log").info({ name, version, message, token: caller.name }, "deprecated");
    return c.json(notes, 200);
  };
}
