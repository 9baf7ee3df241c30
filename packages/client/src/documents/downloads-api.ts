// SPDX-License-Identifier: Apache-2.0
/** What a registry counts (`GET /api/v1/packages/@scope/name/downloads`). A mirror counts nothing. */
import { z } from "zod";
import { packageNameSchema, versionSchema } from "./fields.ts";

const countSchema = z.int().min(0);

export const downloadsResponseSchema = z.object({
  name: packageNameSchema,
  /** Ever. */
  total: countSchema,
  /** Of the last half year, in UTC, oldest first; days without any are left out. */
  days: z.array(z.object({ day: z.iso.date(), count: countSchema })),
  /** Of each version, ever. */
  versions: z.record(versionSchema, countSchema),
});

export type Downloads = z.output<typeof downloadsResponseSchema>;

const DAY_MS = 24 * 60 * 60 * 1000;

/** @param days how many, at most half a year, with the one that `now` is in as the last */
export function countLastDays({ days }: Downloads, count: number, now: Date): number {
  const first = new Date(now.getTime() - (count - 1) * DAY_MS).toISOString().slice(0, 10);
  return days.filter(({ day }) => day >= first).reduce((sum, each) => sum + each.count, 0);
}
