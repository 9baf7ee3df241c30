// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "@lora/client/names";
import { and, eq } from "drizzle-orm";
import { type Database, tables } from "../../database/index.ts";
import { rewritePackageIndex } from "../../package-index/change.ts";
import { SAMPLE_PACKAGES } from "./packages.ts";
import { randomNumbers, seedOf } from "./random.ts";

const DAY_MS = 86_400_000;
const MAX_AGE_DAYS = 420;

/** Spreads the sample over the last year: what was published in one second looks like no catalog. */
export async function ageSample(db: Database, now: Date): Promise<void> {
  const { versions } = tables;
  for (const { name, versions: published } of SAMPLE_PACKAGES) {
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
    });
  }
}
