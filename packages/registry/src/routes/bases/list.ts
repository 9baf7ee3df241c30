// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { basesQuerySchema, basesResponseSchema } from "@lora/client/documents";
import { parseWith } from "@lora/client/json";
import { and, asc, eq, exists, gt, inArray } from "drizzle-orm";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { failure, jsonAnswer } from "../../http/openapi.ts";

const { properties = {} } = z.toJSONSchema(basesQuerySchema, { io: "input", unrepresentable: "any" });

export const listBasesRoute = createRoute({
  method: "get",
  path: "/api/v1/bases",
  summary: "List the bases that the registry knows, all or those of a name",
  description:
    "`name` is one of a base's names, whole, in any case. Names are for people: several bases may have the same one, and " +
    "anybody who may publish can add one. What a base is, its fingerprint says. Pages are in the order of fingerprints.",
  parameters: Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query" as const,
    required: false,
    schema: schema as object,
  })),
  responses: { 200: jsonAnswer("A page of bases", basesResponseSchema), default: failure },
});

export function listBases({ db }: Deps) {
  const { bases, baseNames } = tables;
  return async (c: RequestContext) => {
    const given = Object.entries(c.req.query()).filter(([, value]) => value !== "");
    const { name, limit, after } = parseWith(basesQuerySchema, Object.fromEntries(given), {
      code: "USAGE",
      source: "the query",
    });
    const named =
      name === undefined
        ? undefined
        : exists(
            db
              .select({ name: baseNames.name })
              .from(baseNames)
              .where(
                and(eq(baseNames.fingerprint, bases.fingerprint), eq(baseNames.folded, name.toLowerCase())),
              ),
          );
    const rows = await db
      .select({ fingerprint: bases.fingerprint, architecture: bases.architecture })
      .from(bases)
      .where(and(named, after === undefined ? undefined : gt(bases.fingerprint, after)))
      .orderBy(asc(bases.fingerprint))
      .limit(limit + 1);
    const page = rows.slice(0, limit);
    const names = await namesOf(
      db,
      page.map(({ fingerprint }) => fingerprint),
    );
    const next = rows.length > limit ? page.at(-1)?.fingerprint : undefined;
    const found = page.map((row) => ({ ...row, names: names.get(row.fingerprint) ?? [] }));
    return c.json(basesResponseSchema.parse({ bases: found, ...(next === undefined ? {} : { next }) }), 200);
  };
}

async function namesOf(db: Deps["db"], fingerprints: string[]): Promise<Map<string, string[]>> {
  const { baseNames } = tables;
  const names = new Map<string, string[]>();
  if (fingerprints.length === 0) return names;
  const rows = await db
    .select({ fingerprint: baseNames.fingerprint, name: baseNames.name })
    .from(baseNames)
    .where(inArray(baseNames.fingerprint, fingerprints))
    .orderBy(asc(baseNames.folded), asc(baseNames.name));
  for (const { fingerprint, name } of rows) names.set(fingerprint, [...(names.get(fingerprint) ?? []), name]);
  return names;
}
