// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { versionNotesResponseSchema } from "@lora/client/documents";
import { assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, nameParam, scopeParam, versionParam } from "../../http/openapi.ts";
import { packageOfPath, versionOfPath } from "../../http/package-path.ts";
import { writeNotes } from "./write-notes.ts";

export const unyankRoute = createRoute({
  method: "delete",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}/yank",
  summary: "Take a yank back",
  description: "The same answer for a version that is not yanked. Needs a token with `yank`.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam, name: nameParam, version: versionParam }) },
  responses: {
    200: jsonAnswer("What is now said of the version", versionNotesResponseSchema),
    default: failure,
  },
});

export function unyankVersion(deps: Deps) {
  const { db } = deps;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [name, version] = [packageOfPath(c), versionOfPath(c)];
    await assertMay(db, caller, name, "yank");
    const notes = await writeNotes(deps, name, version, { yanked: null });
    c.get("log").info({ name, version, token: caller.name }, "unyanked");
    return c.json(notes, 200);
  };
}
