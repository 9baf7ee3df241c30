// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { yankRequestSchema } from "@lora/client/documents";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { jsonRequest } from "../../http/openapi.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { changeNotes, notedVersion, notesRoute } from "./change-notes.ts";

export const yankRoute = createRoute({
  ...notesRoute,
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/yank",
  summary: "Yank a version: nobody is to install it anew",
  description:
    "The version stays where a lockfile has it, and its files stay. Repeating the request gives the same answer; another " +
    "reason takes the place of the first. Needs a token with `yank`.",
  request: { params: notedVersion, body: jsonRequest(yankRequestSchema) },
});

export function yankVersion(deps: Deps) {
  return async (c: RequestContext) => {
    const notes = await changeNotes(deps, c, "yank", "yanked", async () => {
      const { reason } = await readJson(c, yankRequestSchema, MAX_NOTE_BODY_BYTES, deps.limits);
      return { yanked: reason };
    });
    return c.json(notes, 200);
  };
}
