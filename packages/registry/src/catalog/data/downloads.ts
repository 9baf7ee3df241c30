// SPDX-License-Identifier: Apache-2.0
import type { Queryable } from "../../database/index.ts";
import { type DayDownloads, readDays, readMost } from "../../downloads/index.ts";

export type { DayDownloads };

/** What the chart of a package shows. */
export const CHART_DAYS = 182;
const MOST_INSTALLED_DAYS = 30;

/** Of all versions, by day, oldest first; days without any are left out. */
export function readDownloads(db: Queryable, name: string): Promise<DayDownloads[]> {
  return readDays(db, name, CHART_DAYS);
}

/** Names, those with the most downloads of the last thirty days first. */
export function readMostInstalled(db: Queryable, limit: number): Promise<{ name: string; count: number }[]> {
  return readMost(db, MOST_INSTALLED_DAYS, limit);
}
