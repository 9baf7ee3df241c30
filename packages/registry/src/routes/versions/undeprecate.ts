// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { versionNotesResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, nameParam, scopeParam, versionParam } from "../../http/openapi.ts";
import { packageOfPath, versionOfPath } from "../../http/package-path.ts";
import { writeNotes } from "./write-notes.ts";

export const undeprecateRoute = createRoute({
  method: "delete",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/deprecation",
  summary: "Take a deprecation back",
  description: "The same answer for a version that is not deprecated. Needs a token with `publish-update`.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam, name: nameParam, version: versionParam }) },
  responses: {
    200: jsonAnswer("What is now said of the version", versionNotesResponseSchema),
    default: failure,
  },
});

export function undeprecateVersion(deps: Deps) {
  const { db } = deps;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [name, version] = [packageOfPath(c), versionOfPath(c)];
    await assertMay(db, caller, name, "publish-update");
    const notes = await writeNotes(deps, name, version, { deprecated: null });
    c.get("log").info({ name, version, token: caller.name }, "undeprecated");
    return c.json(notes, 200);
  };
}
