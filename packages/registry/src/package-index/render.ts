// SPDX-License-Identifier: Apache-2.0
import type { IndexAdapter, IndexVersion, PackageIndex } from "@lora/client/documents";
import type { PackageName } from "@lora/client/names";
import { compareVersions, newestVersion, type Version } from "@lora/client/versions";
import { and, asc, eq } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import { etagOf } from "../http/document.ts";

/**
 * The index file of a package, from the rows of its versions. To be called by the transaction that changed them, with
 * the package's row locked: the text it writes then holds what is committed with it, and nothing else.
 */
export async function renderPackageIndex(
  db: Queryable,
  name: PackageName,
): Promise<{ index: PackageIndex; text: string; etag: string }> {
  const adapters = await readAdapters(db, name);
  const rows = await db.select().from(tables.versions).where(eq(tables.versions.package, name));
  rows.sort((a, b) => compareVersions(a.version as Version, b.version as Version));

  const versions: Record<string, IndexVersion> = {};
  for (const row of rows) {
    versions[row.version] = {
      id: row.releaseId as IndexVersion["id"],
      keyId: row.keyId as IndexVersion["keyId"],
      publishedAt: row.publishedAt.toISOString(),
      adapters: adapters.get(row.id) ?? [],
      ...(row.scale === null ? {} : { scale: row.scale }),
      dependencies: row.dependencies as IndexVersion["dependencies"],
      optionalDependencies: row.optionalDependencies as IndexVersion["optionalDependencies"],
      conflicts: row.conflicts as IndexVersion["conflicts"],
      ...(row.yanked === null ? {} : { yanked: row.yanked }),
      ...(row.deprecated === null ? {} : { deprecated: row.deprecated }),
    };
  }
  const available = rows.filter((row) => row.yanked === null).map((row) => row.version as Version);
  const index: PackageIndex = { v: 1, name, distTags: await readDistTags(db, name, available), versions };
  const text = JSON.stringify(index);
  return { index, text, etag: etagOf(text) };
}

/**
 * What names which version. A tag whose version is yanked waits, unseen, for an unyank: nobody is to be led to that
 * version. `latest` is the newest release for as long as nobody has set it, or what they set is yanked.
 */
async function readDistTags(
  db: Queryable,
  name: PackageName,
  available: readonly Version[],
): Promise<Record<string, Version>> {
  const { distTags } = tables;
  const rows = await db
    .select({ tag: distTags.tag, version: distTags.version })
    .from(distTags)
    .where(eq(distTags.package, name));
  const set = rows
    .map(({ tag, version }) => [tag, version as Version] as const)
    .filter(([, version]) => available.includes(version))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const latest = newestVersion(available);
  return { ...(latest === undefined ? {} : { latest }), ...Object.fromEntries(set) };
}

/** By the id of the version's row, in the manifest's order. */
async function readAdapters(db: Queryable, name: PackageName): Promise<Map<number, IndexAdapter[]>> {
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
    .where(eq(versions.package, name))
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
