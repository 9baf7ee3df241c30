// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { distTagRequestSchema, distTagsResponseSchema, MAX_DIST_TAGS } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import { and, count, eq, isNotNull, ne } from "drizzle-orm";
import { assertMay, authenticate } from "../../auth/index.ts";
import { type Transaction, tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import {
  bearer,
  failure,
  jsonAnswer,
  jsonRequest,
  nameParam,
  scopeParam,
  tagParam,
} from "../../http/openapi.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { MAX_NOTE_BODY_BYTES, readJson } from "../../http/request-body.ts";
import { changePackage } from "../../package-index/change.ts";
import { tagOfPath } from "./tag-of-path.ts";

export const setDistTagRoute = createRoute({
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/dist-tags/{tag}",
  summary: "Let a dist-tag name a version",
  description:
    "`latest` is the newest release until it is set here; from then on it stays where it was set, whatever is published. " +
    "A yanked version cannot be named; a tag whose version is yanked later is left out of the index file until that is " +
    "taken back. Repeating the request gives the same answer. Needs a token with `publish-update`.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, name: nameParam, tag: tagParam }),
    body: jsonRequest(distTagRequestSchema),
  },
  responses: { 200: jsonAnswer("All tags as they are now", distTagsResponseSchema), default: failure },
});

export function setDistTag({ db, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [name, tag] = [packageOfPath(c), tagOfPath(c)];
    await assertMay(db, caller, name, "publish-update");
    const { version } = await readJson(c, distTagRequestSchema, MAX_NOTE_BODY_BYTES, limits);
    const { index } = await changePackage(db, name, async (tx) => {
      await assertAvailable(tx, name, version);
      await assertRoom(tx, name, tag);
      await tx
        .insert(tables.distTags)
        .values({ package: name, tag, version })
        .onConflictDoUpdate({ target: [tables.distTags.package, tables.distTags.tag], set: { version } });
    });
    c.get("log").info({ name, tag, version, token: caller.name }, "dist-tag set");
    return c.json({ name, distTags: index.distTags }, 200);
  };
}

async function assertAvailable(tx: Transaction, name: PackageName, version: Version): Promise<void> {
  const { versions } = tables;
  const [row] = await tx
    .select({ yanked: versions.yanked })
    .from(versions)
    .where(and(eq(versions.package, name), eq(versions.version, version), isNotNull(versions.logIndex)));
  if (row === undefined) throw new LoraError("VERSION_NOT_FOUND", `there is no ${name} ${version}`);
  if (row.yanked !== null) {
    throw new LoraError("VERSION_YANKED", `${name} ${version} is yanked: ${row.yanked}`, {
      hint: `choose another version, or take the yank back: lora unyank ${name}@${version}`,
    });
  }
}

/** Every reader of the index file pays for its tags. */
async function assertRoom(tx: Transaction, name: PackageName, tag: string): Promise<void> {
  const { distTags } = tables;
  const [others] = await tx
    .select({ count: count() })
    .from(distTags)
    .where(and(eq(distTags.package, name), ne(distTags.tag, tag)));
  if ((others?.count ?? 0) < MAX_DIST_TAGS) return;
  throw new LoraError("USAGE", `${name} has ${MAX_DIST_TAGS} dist-tags already`, {
    hint: `remove one first: lora dist-tag rm ${name} TAG`,
  });
}
