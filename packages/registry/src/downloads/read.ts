// SPDX-License-Identifier: Apache-2.0
import { and, asc, desc, eq, gte, type SQL, sql, sum } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";

export interface DayDownloads {
  /** `2026-11-22`, in UTC. */
  day: string;
  count: number;
}

/** Of all versions, by day, oldest first; days without any are left out. */
export async function readDays(db: Queryable, name: string, days: number): Promise<DayDownloads[]> {
  const { downloads } = tables;
  return db
    .select({ day: downloads.day, count: sum(downloads.count).mapWith(Number) })
    .from(downloads)
    .where(and(eq(downloads.package, name), isWithin(days)))
    .groupBy(downloads.day)
    .orderBy(asc(downloads.day));
}

/** Of each version, ever. */
export async function readByVersion(db: Queryable, name: string): Promise<Record<string, number>> {
  const { downloads } = tables;
  const rows = await db
    .select({ version: downloads.version, count: sum(downloads.count).mapWith(Number) })
    .from(downloads)
    .where(eq(downloads.package, name))
    .groupBy(downloads.version);
  return Object.fromEntries(rows.map(({ version, count }) => [version, count]));
}

/** Names of public packages and their downloads of the last days, those with the most first. */
export async function readMost(
  db: Queryable,
  days: number,
  limit: number,
): Promise<{ name: string; count: number }[]> {
  const { downloads, searchEntries } = tables;
  const total = sum(downloads.count).mapWith(Number);
  return db
    .select({ name: downloads.package, count: total })
    .from(downloads)
    .innerJoin(searchEntries, eq(searchEntries.package, downloads.package))
    .where(and(isWithin(days), eq(searchEntries.isPrivate, false)))
    .groupBy(downloads.package)
    .orderBy(desc(total), asc(downloads.package))
    .limit(limit);
}

function isWithin(days: number): SQL {
  return gte(tables.downloads.day, sql`(now() at time zone 'utc')::date - ${days - 1}::int`);
}
