// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { distTagsResponseSchema } from "@lora/client/documents";
import { and, eq } from "drizzle-orm";
import { assertMay, authenticate } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer, nameParam, scopeParam, tagParam } from "../../http/openapi.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { changePackage } from "../../package-index/change.ts";
import { tagOfPath } from "./tag-of-path.ts";

export const removeDistTagRoute = createRoute({
  method: "delete",
  path: "/api/v1/packages/{scope}/{name}/dist-tags/{tag}",
  summary: "Remove a dist-tag",
  description:
    "`latest` never goes away: removed, it is the newest release again. The same answer where there is no such tag. Needs a " +
    "token with `publish-update`.",
  security: bearer,
  request: { params: z.object({ scope: scopeParam, name: nameParam, tag: tagParam }) },
  responses: { 200: jsonAnswer("All tags as they are now", distTagsResponseSchema), default: failure },
});

export function removeDistTag({ db }: Deps) {
  const { distTags } = tables;
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const [name, tag] = [packageOfPath(c), tagOfPath(c)];
    await assertMay(db, caller, name, "publish-update");
    const { index } = await changePackage(db, name, (tx) =>
      tx.delete(distTags).where(and(eq(distTags.package, name), eq(distTags.tag, tag))),
    );
    c.get("log").info({ name, tag, token: caller.name }, "dist-tag removed");
    return c.json({ name, distTags: index.distTags }, 200);
  };
}
