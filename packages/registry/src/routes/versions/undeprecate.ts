// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { changeNotes, notedVersion, notesRoute } from "./change-notes.ts";

export const undeprecateRoute = createRoute({
  ...notesRoute,
  method: "delete",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/deprecation",
  summary: "Take a deprecation back",
  description: "The same answer for a version that is not deprecated. Needs a token with `publish-update`.",
  request: { params: notedVersion },
});

export function undeprecateVersion(deps: Deps) {
  return async (c: RequestContext) =>
    c.json(await changeNotes(deps, c, "publish-update", "undeprecated", () => ({ deprecated: null })), 200);
}
