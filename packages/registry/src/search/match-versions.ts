// SPDX-License-Identifier: Apache-2.0
import { and, eq, exists, isNotNull, isNull, lte, notExists, or, type SQL, sql } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";

export interface VersionFilters {
  base?: string | undefined;
  maxRank?: number | undefined;
  architecture?: string | undefined;
  license?: string | undefined;
  keyword?: string | undefined;
}

/**
 * Whether a version is one to be found: not yanked, in the log, and for what is asked. One adapter has to meet base, rank and
 * architecture together. A bundle passes these three: what it brings is chosen when it is installed.
 */
export function matchVersions(db: Queryable, filters: VersionFilters): SQL {
  const { adapters, bases, versions } = tables;
  const { base, maxRank, architecture, license, keyword } = filters;
  const own = eq(adapters.versionId, versions.id);
  const one = sql`1`;
  const conditions = [isNull(versions.yanked), isNotNull(versions.logIndex)];
  if (license !== undefined) conditions.push(sql`lower(${versions.license}) = lower(${license})`);
  if (keyword !== undefined) {
    conditions.push(
      sql`exists (select from jsonb_array_elements_text(${versions.keywords}) as k where lower(k) = lower(${keyword}))`,
    );
  }
  if (asksForAdapter(filters)) {
    const fitting = db
      .select({ one })
      .from(adapters)
      .innerJoin(bases, eq(bases.fingerprint, adapters.base))
      .where(
        and(
          own,
          base === undefined ? undefined : eq(adapters.base, base),
          maxRank === undefined ? undefined : lte(adapters.rank, maxRank),
          architecture === undefined ? undefined : eq(bases.architecture, architecture),
        ),
      );
    const isBundle = notExists(db.select({ one }).from(adapters).where(own));
    conditions.push(or(exists(fitting), isBundle) as SQL);
  }
  return and(...conditions) as SQL;
}

function asksForAdapter({ base, maxRank, architecture }: VersionFilters): boolean {
  return base !== undefined || maxRank !== undefined || architecture !== undefined;
}
