// SPDX-License-Identifier: Apache-2.0
import type { FoundPackage } from "@lora/client/documents";
import { and, count, eq, isNotNull } from "drizzle-orm";
import { type Database, type Queryable, tables } from "../../database/index.ts";
import { findPackages } from "../../search/find-packages.ts";
import { readFound } from "../../search/read-found.ts";
import type { Tally } from "../../search/tally.ts";
import { isPublicPackage } from "./public.ts";
import type { Reader } from "./reader.ts";

export async function readNewest(
  db: Database,
  limit: number,
  { entries: visible }: Reader,
): Promise<FoundPackage[]> {
  return db.transaction(async (tx) => {
    const { names } = await findPackages(tx, {
      words: undefined,
      visible,
      sort: "newest",
      after: undefined,
      limit,
    });
    return readFound(tx, names, {});
  });
}

export interface Counts {
  packages: number;
  versions: number;
  bases: number;
}

export async function countAll(db: Queryable, { packages }: Tally): Promise<Counts> {
  const [versions] = await db
    .select({ n: count() })
    .from(tables.versions)
    .innerJoin(tables.packages, eq(tables.packages.name, tables.versions.package))
    .where(and(isPublicPackage, isNotNull(tables.versions.logIndex)));
  const [bases] = await db.select({ n: count() }).from(tables.bases);
  return { packages, versions: versions?.n ?? 0, bases: bases?.n ?? 0 };
}
