// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { changeNotes, notedVersion, notesRoute } from "./change-notes.ts";

export const unyankRoute = createRoute({
  ...notesRoute,
  method: "delete",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/yank",
  summary: "Take a yank back",
  description: "The same answer for a version that is not yanked. Needs a token with `yank`.",
  request: { params: notedVersion },
});

export function unyankVersion(deps: Deps) {
  return async (c: RequestContext) =>
    c.json(await changeNotes(deps, c, "yank", "unyanked", () => ({ yanked: null })), 200);
}
