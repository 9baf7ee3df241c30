// SPDX-License-Identifier: Apache-2.0
/**
 * What a package has that filters ask for, as an array that an index is over. Licences and keywords in lower case, of every version that is
 * not yanked:
 *
 *     l:apache-2.0    a licence         b:lfp1:…    a base
 *     k:summary       a keyword         a:llama     an architecture
 *     bundle          a version without adapters, which passes every filter by base, rank or architecture
 *     n:sql           a word of the package's name or scope
 *     e:sql writer    its name without the scope, as words: whoever types that means this package
 */
import { type SQL, sql } from "drizzle-orm";
import { tables } from "../database/index.ts";
import type { VersionFilters } from "./match-versions.ts";

const { facets } = tables.searchEntries;

/** Written anew for entries whose versions, adapters and fits are written. Names of packages are ASCII. */
export function writeFacets(names: readonly string[]): SQL {
  return sql`update search_entries as e set facets = array(
      select 'l:' || lower(v.license) from versions as v
        where v.package = e.package and v.yanked is null and v.log_index is not null and v.license is not null
      union select 'k:' || lower(k) from versions as v, jsonb_array_elements_text(v.keywords) as k
        where v.package = e.package and v.yanked is null and v.log_index is not null
      union select case when f.base is null then 'bundle' else 'b:' || f.base end from search_fits as f
        where f.package = e.package
      union select 'a:' || f.architecture from search_fits as f
        where f.package = e.package and f.architecture is not null
      union select 'n:' || w from regexp_split_to_table(e.package, '[^a-z0-9]+') as w where w <> ''
      union select 'e:' || btrim(regexp_replace(split_part(e.package, '/', 2), '[^a-z0-9]+', ' ', 'g')))
    where e.package in (select jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb))`;
}

/** What every package has that passes the filters; more may have it. Undefined where that says nothing. */
export function mayPass({ base, architecture, license, keyword }: VersionFilters): SQL | undefined {
  const all = [
    ...(license === undefined ? [] : [sql`'l:' || lower(${license}::text)`]),
    ...(keyword === undefined ? [] : [sql`'k:' || lower(${keyword}::text)`]),
  ];
  const conditions = [
    ...(all.length === 0 ? [] : [hasAll(all)]),
    ...(base === undefined ? [] : [hasAny([sql`${`b:${base}`}`, sql`'bundle'`])]),
    ...(architecture === undefined ? [] : [hasAny([sql`${`a:${architecture}`}`, sql`'bundle'`])]),
  ];
  return conditions.length === 0 ? undefined : sql.join(conditions, sql` and `);
}

/** @param wanted texts, as SQL */
export function hasAll(wanted: readonly SQL[]): SQL {
  return sql`${facets} @> ${arrayOf(wanted)}`;
}

function hasAny(wanted: readonly SQL[]): SQL {
  return sql`${facets} && ${arrayOf(wanted)}`;
}

function arrayOf(texts: readonly SQL[]): SQL {
  return sql`array[${sql.join([...texts], sql`, `)}]::text[]`;
}
