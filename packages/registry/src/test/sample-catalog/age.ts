// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "@lora/client/names";
import { and, eq, sql } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../../database/index.ts";
import { rewritePackageIndex } from "../../package-index/change.ts";
import { SAMPLE_PACKAGES } from "./packages.ts";
import { randomNumbers, seedOf } from "./random.ts";

const DAY_MS = 86_400_000;
const MAX_AGE_DAYS = 420;

/** Spreads the sample over the last year: what was published in one second looks like no catalog. */
export async function ageSample(db: Database, now: Date): Promise<void> {
  const { versions } = tables;
  for (const { name, weight, versions: published } of SAMPLE_PACKAGES) {
    const random = randomNumbers(seedOf(name));
    let age = 20 + random() * (MAX_AGE_DAYS - 20);
    await db.transaction(async (tx) => {
      for (const version of published) {
        const publishedAt = new Date(now.getTime() - Math.round(age * DAY_MS));
        await tx
          .update(versions)
          .set({ publishedAt })
          .where(and(eq(versions.package, name), eq(versions.version, version)));
        age *= 0.15 + 0.7 * random();
      }
      await rewritePackageIndex(tx, name as PackageName);
      await writeDownloads(tx, { name, weight, versions: published }, now);
    });
  }
}

const CHART_DAYS = 182;

/** More on working days, more of late, and most of the newest version. */
async function writeDownloads(
  tx: Transaction,
  { name, weight, versions }: { name: string; weight: number; versions: readonly string[] },
  now: Date,
): Promise<void> {
  const random = randomNumbers(seedOf(`${name} downloads`));
  const rows = Array.from({ length: CHART_DAYS }, (_, i) => {
    const date = new Date(now.getTime() - (CHART_DAYS - 1 - i) * DAY_MS);
    const week = date.getUTCDay() % 6 === 0 ? 0.45 : 1;
    const count = Math.round(weight * week * (0.35 + (0.9 * i) / CHART_DAYS) * (0.6 + 0.8 * random()) * 3);
    const version = versions[versions.length - 1 - Math.floor(random() ** 3 * versions.length)] ?? "1.0.0";
    return { package: name, version, day: date.toISOString().slice(0, 10), count };
  }).filter(({ count }) => count > 0);
  await tx.insert(tables.downloads).values(rows);
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  await tx
    .update(tables.searchEntries)
    .set({ downloads: sql`${total}::bigint` })
    .where(eq(tables.searchEntries.package, name));
}
