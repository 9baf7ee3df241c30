// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { downloadsResponseSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { eq } from "drizzle-orm";
import { isVisible } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import { readByVersion, readDays } from "../../downloads/index.ts";
import type { RequestContext } from "../../http/context.ts";
import { failure, jsonAnswer, nameParam, scopeParam } from "../../http/openapi.ts";
import { packageOfPath } from "../../http/package-path.ts";

const DAYS = 182;

export const getDownloadsRoute = createRoute({
  method: "get",
  path: "/api/v1/packages/{scope}/{name}/downloads",
  summary: "How often a package was downloaded",
  description:
    "A version counts as downloaded when a client is sent its signature.json: once a day for each client. Some seconds behind.",
  request: { params: z.object({ scope: scopeParam, name: nameParam }) },
  responses: { 200: jsonAnswer("Its counts", downloadsResponseSchema), default: failure },
});

export function getDownloads({ db }: Deps) {
  const { packages } = tables;
  return async (c: RequestContext) => {
    const name = packageOfPath(c);
    const [row] = await db
      .select({ name: packages.name, isPrivate: packages.isPrivate, indexText: packages.indexText })
      .from(packages)
      .where(eq(packages.name, name));
    // Without an index nobody sees it yet: its first version waits for the log.
    const found = row?.indexText === "" ? undefined : row;
    if (!(await isVisible(db, c, found)) || found === undefined) {
      throw new LoraError("PACKAGE_NOT_FOUND", `there is no package ${name}`);
    }
    const versions = await readByVersion(db, name);
    const total = Object.values(versions).reduce((sum, count) => sum + count, 0);
    return c.json({ name, total, days: await readDays(db, name, DAYS), versions }, 200);
  };
}
