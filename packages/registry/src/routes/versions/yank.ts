// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { versionNotesResponseSchema, yankRequestSchema } from "@lora/client/documents";
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

export const yankRoute = createRoute({
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/yank",
  summary: "Yank a version: nobody is to install it anew",
  description:
    "The version stays where a lockfile has it, and its files stay. Repeating the request gives the same answer; another " +
    "reason takes the place of the first. Needs a token with `yank`.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, name: nameParam, version: versionParam }),
    body: jsonRequest(yankRequestSchema),
  },
  responses: {
    200: jsonAnswer("What is now said of the version", versionNotesResponseSchema),
    default: failure,
  },
});

export function yankVersion(deps: Deps) {
  const { db, limits } = deps;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [name, version] = [packageOfPath(c), versionOfPath(c)];
    await assertMay(db, caller, name, "yank");
    const { reason } = await readJson(c, yankRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const notes = await writeNotes(deps, name, version, { yanked: reason });
    c.get("log").info({ name, version, reason, token: caller.name }, "yanked");
    return c.json(notes, 200);
  };
}
