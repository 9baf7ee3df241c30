// SPDX-License-Identifier: Apache-2.0
/** What the four routes share that say something of a version, or take it back. */
import { z } from "@hono/zod-openapi";
import { type VersionNotes, versionNotesResponseSchema } from "@lora/client/documents";
import { type Action, assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, nameParam, scopeParam, versionParam } from "../../http/openapi.ts";
import { packageOfPath, versionOfPath } from "../../http/package-path.ts";
import { writeNotes } from "./write-notes.ts";

type Notes = Parameters<typeof writeNotes>[3];

export const notedVersion = z.object({ scope: scopeParam, name: nameParam, version: versionParam });

export const notesRoute = {
  security: bearer,
  responses: {
    200: jsonAnswer("What is now said of the version", versionNotesResponseSchema),
    default: failure,
  },
} as const;

/**
 * Authenticates, asks whether the token may, and only then reads what is to be said.
 * @param done how the log calls it
 */
export async function changeNotes(
  deps: Deps,
  c: RequestContext,
  action: Action,
  done: string,
  readNotes: () => Promise<Notes> | Notes,
): Promise<VersionNotes> {
  const caller = await authenticate(deps.db, c);
  const [name, version] = [packageOfPath(c), versionOfPath(c)];
  await assertMay(deps.db, caller, name, action);
  const notes = await readNotes();
  const written = await writeNotes(deps, name, version, notes, caller.holder);
  c.get("log").info({ name, version, ...notes, token: caller.name }, done);
  return written;
}
