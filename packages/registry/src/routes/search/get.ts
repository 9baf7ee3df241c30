// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { searchQuerySchema, searchResponseSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { parseWith } from "@lora/client/json";
import { callerIfAny, searchableFor } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { failure, jsonAnswer } from "../../http/openapi.ts";
import { formatCursor, parseCursor } from "../../search/cursor.ts";
import { findPackages } from "../../search/find-packages.ts";
import { matchWords } from "../../search/match-words.ts";
import { readFound } from "../../search/read-found.ts";

const { properties = {} } = z.toJSONSchema(searchQuerySchema, { io: "input", unrepresentable: "any" });

export const searchRoute = createRoute({
  method: "get",
  path: "/api/v1/search",
  summary: "Find packages by words and by what they work with",
  description:
    "Every word of `q` has to be found in a package's name, or in the description or keywords of its newest version: as it " +
    "is, or as the beginning of a word; typing slips are forgiven where that finds little. The exact name comes first. Without words the newest releases " +
    "come first. `version` is the newest version that is not yanked and passes the filters; one adapter passes `base`, " +
    "`maxRank` and `architecture` together. A bundle has no adapters and passes these three: `isBundle` says so.",
  parameters: Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query" as const,
    required: false,
    schema: schema as object,
  })),
  responses: { 200: jsonAnswer("A page of packages", searchResponseSchema), default: failure },
});

export function search({ db }: Deps) {
  return async (c: RequestContext) => {
    // A form sends what was left empty, too.
    const given = Object.entries(c.req.query()).filter(([, value]) => value !== "");
    const query = parseWith(searchQuerySchema, Object.fromEntries(given), {
      code: "USAGE",
      source: "the query",
    });
    const { q, sort, scope, limit, cursor, ...filters } = query;
    const words = q === undefined ? undefined : matchWords(q);
    if (q !== undefined && words === undefined) {
      throw new LoraError("USAGE", "there is no word to search for", {
        hint: "use letters or digits, or leave q away to see the newest packages",
      });
    }
    // Without words nothing is more relevant than anything else.
    const order = words === undefined && sort === "relevance" ? "newest" : sort;
    const after = cursor === undefined ? undefined : parseCursor(cursor, order);
    const caller = await callerIfAny(db, c);
    // One state of the database for all of it.
    const answer = await db.transaction(
      async (tx) => {
        const visible = await searchableFor(tx, caller);
        const page = await findPackages(tx, { ...filters, words, scope, visible, sort: order, after, limit });
        return { ...page, packages: await readFound(tx, page.names, filters) };
      },
      { isolationLevel: "repeatable read", accessMode: "read only" },
    );
    const { packages, total, next } = answer;
    return c.json({ packages, total, ...(next === undefined ? {} : { next: formatCursor(next) }) }, 200);
  };
}
