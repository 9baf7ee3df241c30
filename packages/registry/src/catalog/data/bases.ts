// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord } from "@lora/client/fingerprint";
import { and, count, countDistinct, desc, eq, inArray, isNotNull, sql } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";

import { isPublicEntry } from "./public.ts";

export interface BaseSummary {
  fingerprint: string;
  /** The first name seen; the architecture's where none was. */
  name: string;
  architecture: string;
  /** `Q4_K_M`, of the builds that are known. */
  quantizations: string[];
  packages: number;
}

const names = sql<string[]>`coalesce(${tables.bases.recordText}::jsonb -> 'names', '[]')`;
const quantizations = sql<
  string[]
>`coalesce(jsonb_path_query_array(${tables.bases.recordText}::jsonb, '$.builds[*].quantization'), '[]')`;

/** The bases with the most packages first. */
export async function readBases(db: Queryable, limit: number): Promise<BaseSummary[]> {
  const { searchFits } = tables;
  const packages = countDistinct(searchFits.package);
  const rows = await db
    .select({ fingerprint: searchFits.base, packages })
    .from(searchFits)
    .innerJoin(tables.searchEntries, eq(tables.searchEntries.package, searchFits.package))
    .where(and(isNotNull(searchFits.base), isPublicEntry))
    .groupBy(searchFits.base)
    .orderBy(desc(packages), searchFits.base)
    .limit(limit);
  const counts = new Map(rows.map((row) => [row.fingerprint as string, row.packages]));
  const found = await readBaseSummaries(db, [...counts.keys()]);
  return found
    .map((base) => ({ ...base, packages: counts.get(base.fingerprint) ?? 0 }))
    .sort((a, b) => b.packages - a.packages || (a.fingerprint < b.fingerprint ? -1 : 1));
}

export async function readBaseSummaries(
  db: Queryable,
  fingerprints: readonly string[],
): Promise<BaseSummary[]> {
  if (fingerprints.length === 0) return [];
  const { bases } = tables;
  const rows = await db
    .select({ fingerprint: bases.fingerprint, architecture: bases.architecture, names, quantizations })
    .from(bases)
    .where(inArray(bases.fingerprint, [...fingerprints]));
  return rows.map((row) => ({
    fingerprint: row.fingerprint,
    architecture: row.architecture,
    name: row.names[0] ?? `${row.architecture} base`,
    quantizations: [...new Set(row.quantizations)].sort(),
    packages: 0,
  }));
}

/** Undefined for a base that nobody has told of. */
export async function readBaseRecord(db: Queryable, fingerprint: string): Promise<BaseRecord | undefined> {
  const { bases } = tables;
  const [row] = await db
    .select({ text: bases.recordText })
    .from(bases)
    .where(eq(bases.fingerprint, fingerprint));
  return row === undefined ? undefined : (JSON.parse(row.text) as BaseRecord);
}

export async function countBases(db: Queryable): Promise<number> {
  const [row] = await db.select({ total: count() }).from(tables.bases);
  return row?.total ?? 0;
}
