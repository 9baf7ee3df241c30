// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord } from "@lora/client/fingerprint";
import { count, eq, inArray, sql } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";
import type { Tally } from "../../search/tally.ts";

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
const summary = {
  fingerprint: tables.bases.fingerprint,
  architecture: tables.bases.architecture,
  names,
  quantizations,
};

function summaryOf(row: {
  fingerprint: string;
  architecture: string;
  names: string[];
  quantizations: string[];
}): BaseSummary {
  return {
    fingerprint: row.fingerprint,
    architecture: row.architecture,
    name: row.names[0] ?? `${row.architecture} base`,
    quantizations: [...new Set(row.quantizations)].sort(),
    packages: 0,
  };
}

/** The bases with the most packages first. */
export async function readBases(db: Queryable, tally: Tally, limit: number): Promise<BaseSummary[]> {
  const most = countPackagesOfBases(tally).slice(0, limit);
  const found = await readNumberedBases(
    db,
    most.map(([number]) => number),
  );
  return most.flatMap(([number, packages]) => {
    const base = found.get(number);
    return base === undefined ? [] : [{ ...base, packages }];
  });
}

/** By number, the most first. */
function countPackagesOfBases({ groups }: Tally): [number: number, packages: number][] {
  const counts = new Map<number, number>();
  for (const { offers, packages } of groups) {
    const own = new Set(offers.flatMap(({ adapter }) => (adapter === undefined ? [] : [adapter.base])));
    for (const base of own) counts.set(base, (counts.get(base) ?? 0) + packages);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b);
}

export async function readBaseSummaries(
  db: Queryable,
  fingerprints: readonly string[],
): Promise<BaseSummary[]> {
  if (fingerprints.length === 0) return [];
  const { bases } = tables;
  const rows = await db
    .select(summary)
    .from(bases)
    .where(inArray(bases.fingerprint, [...fingerprints]));
  return rows.map(summaryOf);
}

/** By the numbers that a tally has (search/tally.ts). */
export async function readNumberedBases(
  db: Queryable,
  numbers: readonly number[],
): Promise<Map<number, BaseSummary>> {
  if (numbers.length === 0) return new Map();
  const { bases, searchBases } = tables;
  const rows = await db
    .select({ number: searchBases.id, ...summary })
    .from(searchBases)
    .innerJoin(bases, eq(bases.fingerprint, searchBases.fingerprint))
    .where(inArray(searchBases.id, [...numbers]));
  return new Map(rows.map((row) => [row.number, summaryOf(row)]));
}

/** The number that a tally has for it; null where no package was ever for it. */
export async function readBaseNumber(db: Queryable, fingerprint: string): Promise<number | null> {
  const { searchBases } = tables;
  const [row] = await db
    .select({ id: searchBases.id })
    .from(searchBases)
    .where(eq(searchBases.fingerprint, fingerprint));
  return row?.id ?? null;
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
