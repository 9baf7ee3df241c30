// SPDX-License-Identifier: Apache-2.0
import type { IndexAdapter, IndexVersion, PackageIndex } from "@lora/client/documents";
import type { PackageName } from "@lora/client/names";
import { compareVersions, newestVersion, type Version } from "@lora/client/versions";
import { and, asc, eq, inArray, isNotNull } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import { etagOf } from "../http/document.ts";

export interface RenderedIndex {
  index: PackageIndex;
  text: string;
  etag: string;
}

/**
 * The index files of packages, from the rows of their live versions. To be called by the transaction that changed them,
 * with the packages' rows locked: the texts it writes then hold what is committed with it, and nothing else.
 */
export async function renderPackageIndexes(
  db: Queryable,
  names: readonly PackageName[],
): Promise<Map<PackageName, RenderedIndex>> {
  const adapters = await readAdapters(db, names);
  const { versions } = tables;
  const rows = await db
    .select()
    .from(versions)
    .where(and(inArray(versions.package, [...names]), isNotNull(versions.logIndex)));
  const takenDown = await readTakenDown(db, names);
  const byPackage = Map.groupBy(rows, (row) => row.package);
  const tags = await readDistTags(db, names);
  return new Map(
    names.map((name) => {
      const gone = takenDown.get(name) ?? [];
      const own = (byPackage.get(name) ?? []).filter((row) => !gone.some(({ id }) => id === row.id));
      own.sort((a, b) => compareVersions(a.version as Version, b.version as Version));
      const available = own.filter((row) => row.yanked === null).map((row) => row.version as Version);
      const index: PackageIndex = {
        v: 1,
        name,
        distTags: tagsOf(tags.get(name) ?? [], available),
        versions: Object.fromEntries(own.map((row) => [row.version, entryOf(row, adapters.get(row.id))])),
        ...(gone.length === 0 ? {} : { takenDown: claimsOf(gone) }),
      };
      const text = JSON.stringify(index);
      return [name, { index, text, etag: etagOf(text) }];
    }),
  );
}

function entryOf(row: typeof tables.versions.$inferSelect, adapters: IndexAdapter[] = []): IndexVersion {
  return {
    id: row.releaseId as IndexVersion["id"],
    keyId: row.keyId as IndexVersion["keyId"],
    publishedAt: row.publishedAt.toISOString(),
    ...(row.logIndex === null ? {} : { logIndex: row.logIndex }),
    adapters,
    ...(row.scale === null ? {} : { scale: row.scale }),
    dependencies: row.dependencies as IndexVersion["dependencies"],
    optionalDependencies: row.optionalDependencies as IndexVersion["optionalDependencies"],
    conflicts: row.conflicts as IndexVersion["conflicts"],
    ...(row.yanked === null ? {} : { yanked: row.yanked }),
    ...(row.deprecated === null ? {} : { deprecated: row.deprecated }),
  };
}

interface TakenDown {
  id: number;
  name: string;
  version: string;
  reason: string;
  index: number;
  receipt: string;
}

/** Those whose entries are in the log, by package; till then there is nothing that proves it. */
async function readTakenDown(
  db: Queryable,
  names: readonly PackageName[],
): Promise<Map<string, TakenDown[]>> {
  const { logEntries, takedowns, versions } = tables;
  const rows = await db
    .select({
      id: versions.id,
      name: versions.package,
      version: versions.version,
      reason: takedowns.reason,
      index: logEntries.index,
      receipt: logEntries.receipt,
    })
    .from(takedowns)
    .innerJoin(versions, eq(versions.id, takedowns.versionId))
    .innerJoin(logEntries, eq(logEntries.index, takedowns.logIndex))
    .where(inArray(versions.package, [...names]));
  return Map.groupBy(rows, ({ name }) => name);
}

function claimsOf(gone: readonly TakenDown[]): NonNullable<PackageIndex["takenDown"]> {
  const sorted = gone.toSorted((a, b) => compareVersions(a.version as Version, b.version as Version));
  return Object.fromEntries(
    sorted.map(({ version, index, receipt, reason }) => [version, { index, receipt, reason }]),
  );
}

type TagRow = typeof tables.distTags.$inferSelect;

async function readDistTags(db: Queryable, names: readonly PackageName[]): Promise<Map<string, TagRow[]>> {
  const { distTags } = tables;
  const rows = await db
    .select()
    .from(distTags)
    .where(inArray(distTags.package, [...names]));
  return Map.groupBy(rows, (row) => row.package);
}

/**
 * What names which version. A tag whose version is yanked waits, unseen, for an unyank: nobody is to be led to that
 * version. `latest` is the newest release for as long as nobody has set it, or what they set is yanked.
 */
function tagsOf(rows: readonly TagRow[], available: readonly Version[]): Record<string, Version> {
  const set = rows
    .map(({ tag, version }) => [tag, version as Version] as const)
    .filter(([, version]) => available.includes(version))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const latest = newestVersion(available);
  return { ...(latest === undefined ? {} : { latest }), ...Object.fromEntries(set) };
}

/** By the id of the version's row, in the manifest's order. */
async function readAdapters(
  db: Queryable,
  names: readonly PackageName[],
): Promise<Map<number, IndexAdapter[]>> {
  const { adapters, blobs, versionFiles, versions } = tables;
  const rows = await db
    .select({ adapter: adapters, sha256: blobs.sha256, sizeBytes: blobs.sizeBytes })
    .from(adapters)
    .innerJoin(versions, eq(versions.id, adapters.versionId))
    .innerJoin(
      versionFiles,
      and(eq(versionFiles.versionId, adapters.versionId), eq(versionFiles.name, adapters.file)),
    )
    .innerJoin(blobs, eq(blobs.sha256, versionFiles.sha256))
    .where(inArray(versions.package, [...names]))
    .orderBy(asc(adapters.versionId), asc(adapters.position));
  const byVersion = new Map<number, IndexAdapter[]>();
  for (const { adapter, sha256, sizeBytes } of rows) {
    const list = byVersion.get(adapter.versionId) ?? [];
    byVersion.set(adapter.versionId, list);
    list.push({
      file: adapter.file as IndexAdapter["file"],
      sha256: sha256 as IndexAdapter["sha256"],
      sizeBytes,
      rank: adapter.rank,
      base: { name: adapter.baseName, fingerprint: adapter.base as IndexAdapter["base"]["fingerprint"] },
      targets: adapter.targets,
    });
  }
  return byVersion;
}
