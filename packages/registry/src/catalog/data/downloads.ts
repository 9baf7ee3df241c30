// SPDX-License-Identifier: Apache-2.0
import type { Queryable } from "../../database/index.ts";

export interface DayDownloads {
  /** `2026-11-22`, in UTC. */
  day: string;
  count: number;
}

/** Of all versions, by day, oldest first; days without any are left out. */
export async function readDownloads(_db: Queryable, _name: string): Promise<DayDownloads[]> {
  return [];
}

/** Names, those with the most downloads of the last thirty days first. */
export async function readMostInstalled(
  _db: Queryable,
  _limit: number,
): Promise<{ name: string; count: number }[]> {
  return [];
}
