// SPDX-License-Identifier: Apache-2.0
import type { FoundPackage } from "@lora/client/documents";
import { newestVersion, type Version } from "@lora/client/versions";
import { and, asc, eq, inArray } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import { matchVersions, type VersionFilters } from "./match-versions.ts";

/** What is told of each package, in the order of the names: of its newest version that matches. */
export async function readFound(
  db: Queryable,
  names: readonly string[],
  filters: VersionFilters,
): Promise<FoundPackage[]> {
  if (names.length === 0) return [];
  const ids = await newestMatching(db, names, filters);
  const bases = await readBases(db, [...ids.values()]);
  const rows = await db
    .select({
      id: tables.versions.id,
      name: tables.versions.package,
      version: tables.versions.version,
      description: tables.versions.description,
      license: tables.versions.license,
      keywords: tables.versions.keywords,
      publishedAt: tables.versions.publishedAt,
    })
    .from(tables.versions)
    .where(inArray(tables.versions.id, [...ids.values()]));
  const byName = new Map(rows.map((row) => [row.name, row]));
  return names.flatMap((name) => {
    const row = byName.get(name);
    if (row === undefined) return [];
    const found = {
      name,
      version: row.version,
      ...(row.description === null ? {} : { description: row.description }),
      ...(row.license === null ? {} : { license: row.license }),
      keywords: row.keywords,
      publishedAt: row.publishedAt.toISOString(),
      bases: bases.get(row.id) ?? [],
      isBundle: !bases.has(row.id),
    };
    return [found as FoundPackage];
  });
}

/** By package, the id of its newest version that matches. Which one is newest is semver's business, not SQL's. */
async function newestMatching(
  db: Queryable,
  names: readonly string[],
  filters: VersionFilters,
): Promise<Map<string, number>> {
  const { versions } = tables;
  const rows = await db
    .select({ id: versions.id, name: versions.package, version: versions.version })
    .from(versions)
    .where(and(inArray(versions.package, [...names]), matchVersions(db, filters)));
  const ids = new Map<string, number>();
  for (const [name, own] of Map.groupBy(rows, (row) => row.name)) {
    const newest = newestVersion(own.map(({ version }) => version as Version));
    const row = own.find(({ version }) => version === newest);
    if (row !== undefined) ids.set(name, row.id);
  }
  return ids;
}

/** By the id of the version's row, in the manifest's order. */
async function readBases(db: Queryable, ids: readonly number[]): Promise<Map<number, FoundPackage["bases"]>> {
  const { adapters, blobs, versionFiles } = tables;
  const rows = await db
    .select({
      id: adapters.versionId,
      name: adapters.baseName,
      fingerprint: adapters.base,
      rank: adapters.rank,
      sizeBytes: blobs.sizeBytes,
    })
    .from(adapters)
    .innerJoin(
      versionFiles,
      and(eq(versionFiles.versionId, adapters.versionId), eq(versionFiles.name, adapters.file)),
    )
    .innerJoin(blobs, eq(blobs.sha256, versionFiles.sha256))
    .where(inArray(adapters.versionId, [...ids]))
    .orderBy(asc(adapters.versionId), asc(adapters.position));
  const byVersion = new Map<number, FoundPackage["bases"]>();
  for (const { id, ...base } of rows) {
    const own = byVersion.get(id) ?? [];
    byVersion.set(id, own);
    own.push(base as (typeof own)[number]);
  }
  return byVersion;
}
