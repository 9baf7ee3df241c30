// SPDX-License-Identifier: Apache-2.0
import { and, desc, eq, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";

import { isPublicEntry } from "./public.ts";

export interface ReleaseItem {
  name: string;
  version: string;
  description: string | null;
  publishedAt: Date;
}

/** @param subject `all`, a scope or a package */
export async function readReleases(db: Queryable, subject: string, limit: number): Promise<ReleaseItem[]> {
  const { searchEntries, versions } = tables;
  const mine =
    subject === "all"
      ? undefined
      : subject.includes("/")
        ? eq(versions.package, subject)
        : eq(searchEntries.scope, subject);
  // All of one subject's releases, or the newest release of each package: the list of all times would be read through.
  const newestOnly = subject === "all" ? eq(searchEntries.releasedAt, versions.publishedAt) : undefined;
  const newest = db
    .select({ name: searchEntries.package })
    .from(searchEntries)
    .where(isPublicEntry)
    .orderBy(desc(searchEntries.releasedAt), desc(searchEntries.package))
    .limit(limit);
  const among = subject === "all" ? inArray(versions.package, newest) : undefined;
  return db
    .select({
      name: versions.package,
      version: versions.version,
      description: versions.description,
      publishedAt: versions.publishedAt,
    })
    .from(searchEntries)
    .innerJoin(versions, and(eq(versions.package, searchEntries.package), newestOnly))
    .where(and(isNull(versions.yanked), isNotNull(versions.logIndex), isPublicEntry, mine, among))
    .orderBy(
      ...(subject === "all" ? [desc(searchEntries.releasedAt)] : [desc(versions.publishedAt)]),
      sql`${versions.package} desc`,
    )
    .limit(limit);
}

/** Every package that can be found, by name, behind `after`; with the moment of its newest release. */
export async function readSitemap(
  db: Queryable,
  after: string,
  limit: number,
): Promise<{ name: string; releasedAt: Date }[]> {
  const { searchEntries } = tables;
  return db
    .select({ name: searchEntries.package, releasedAt: searchEntries.releasedAt })
    .from(searchEntries)
    .where(and(sql`${searchEntries.package} > ${after}`, isPublicEntry))
    .orderBy(searchEntries.package)
    .limit(limit);
}
