// SPDX-License-Identifier: Apache-2.0
/**
 * What the versions of a package offer, each that is not yanked and each of its adapters once: where a filter asks that one
 * version or one adapter have two things together, which facets cannot tell.
 *
 *     offers         [{"l":"mit","k":["sql"],"b":"lfp1:…","a":"llama","r":16},{"l":"mit","k":["sql"]}]
 *                    licence and keywords in lower case; base, architecture and rank of an adapter; the second is a bundle's
 *     lowest_rank    16: the lowest of the ranks; 0 where there is a bundle, which every filter by rank lets pass
 *
 * A trigger of the database writes both, and what tally.ts reads, whenever `facets` is written.
 */
import { and, type SQL, sql } from "drizzle-orm";
import { tables } from "../database/index.ts";
import type { VersionFilters } from "./match-versions.ts";

const { offers, lowestRank } = tables.searchEntries;

/** What facets leave open of the filters; undefined where that is nothing. */
export function hasOffer(filters: VersionFilters): SQL | undefined {
  const { license, keyword, base, architecture, maxRank } = filters;
  const asked = [license, keyword, base, architecture, maxRank].filter((value) => value !== undefined);
  return and(
    maxRank === undefined ? undefined : sql`${lowestRank} <= ${maxRank}::int`,
    asked.length < 2
      ? undefined
      : sql`jsonb_path_exists(${offers}, ${pathOf(filters)}::jsonpath, ${valuesOf(filters)})`,
  );
}

/** To be used where `k` is asked for, and nothing else: what only those versions offer. */
function pathOf({ license, keyword, base, architecture, maxRank }: VersionFilters): string {
  const ofAdapter = [
    ...(base === undefined ? [] : ["@.b == $b"]),
    ...(architecture === undefined ? [] : ["@.a == $a"]),
    ...(maxRank === undefined ? [] : ["@.r <= $r"]),
  ];
  const conditions = [
    ...(license === undefined ? [] : ["@.l == $l"]),
    ...(keyword === undefined ? [] : ["@.k[*] == $k"]),
    ...(ofAdapter.length === 0 ? [] : [`(!exists(@.b) || (${ofAdapter.join(" && ")}))`]),
  ];
  return `$[*] ? (${conditions.join(" && ")})`;
}

/** In a query of its own, so that it is made once and not for every row. */
function valuesOf({ license, keyword, base, architecture, maxRank }: VersionFilters): SQL {
  const given = JSON.stringify({ b: base, a: architecture, r: maxRank });
  return sql`(select jsonb_build_object('l', lower(${license ?? ""}::text), 'k', lower(${keyword ?? ""}::text)) || ${given}::text::jsonb)`;
}
