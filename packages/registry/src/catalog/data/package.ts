// SPDX-License-Identifier: Apache-2.0
import type { IndexVersion, PackageIndex } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { ReleaseManifest } from "@lora/client/manifest";
import type { PackageName } from "@lora/client/names";
import { compareVersions, isPrerelease, newestVersion, type Version } from "@lora/client/versions";
import { and, asc, eq, sql } from "drizzle-orm";
import type { BlobStore } from "../../blobs/index.ts";
import { type Queryable, tables } from "../../database/index.ts";
import { keepLast, readBlobText } from "./blob-text.ts";
import { EVERYBODY, type Reader } from "./reader.ts";

export interface PackageFile {
  name: string;
  sha256: string;
  sizeBytes: number;
}

/** A version of a package, with what all its pages say of the package. */
export interface PackageVersion {
  name: PackageName;
  /** Only those with a role in its scope see it. */
  isPrivate: boolean;
  index: PackageIndex;
  /** Newest first by semver. */
  versions: Version[];
  version: Version;
  /** What `latest` names, or the newest of all where every version is yanked. */
  latest: Version;
  entry: IndexVersion;
  manifest: ReleaseManifest;
  files: PackageFile[];
}

const MANIFESTS_KEPT = 200;
const keepManifest = keepLast<ReleaseManifest>(MANIFESTS_KEPT);

/** @throws LoraError PACKAGE_NOT_FOUND */
export async function readIndex(
  db: Queryable,
  name: PackageName,
  { packages: visible }: Reader = EVERYBODY,
): Promise<{ index: PackageIndex; isPrivate: boolean }> {
  const { packages } = tables;
  const [row] = await db
    .select({ text: packages.indexText, isPrivate: packages.isPrivate })
    .from(packages)
    .where(and(eq(packages.name, name), visible));
  if (row === undefined || row.text === "") {
    throw new LoraError("PACKAGE_NOT_FOUND", `there is no package ${name}`);
  }
  return { index: JSON.parse(row.text) as PackageIndex, isPrivate: row.isPrivate };
}

/** @throws LoraError PACKAGE_NOT_FOUND, VERSION_NOT_FOUND */
export async function readPackageVersion(
  db: Queryable,
  blobs: BlobStore,
  name: PackageName,
  asked?: Version,
  reader: Reader = EVERYBODY,
): Promise<PackageVersion> {
  const { index, isPrivate } = await readIndex(db, name, reader);
  const versions = (Object.keys(index.versions) as Version[]).sort((a, b) => compareVersions(b, a));
  const latest = latestOf(index, versions);
  const version = asked ?? latest;
  const entry = version === undefined ? undefined : index.versions[version];
  if (entry === undefined || latest === undefined || version === undefined) {
    throw new LoraError("VERSION_NOT_FOUND", `there is no ${name} ${version}`);
  }
  const files = await readFiles(db, name, version);
  const manifest = await readManifest(blobs, files);
  return { name, isPrivate, index, versions, version, latest, entry, manifest, files };
}

export function latestOf(index: PackageIndex, versions: readonly Version[]): Version | undefined {
  const stable = versions.filter((version) => !isPrerelease(version));
  return index.distTags.latest ?? newestVersion(stable.length > 0 ? stable : versions);
}

export async function readFiles(db: Queryable, name: string, version: string): Promise<PackageFile[]> {
  const { blobs, versionFiles, versions } = tables;
  return db
    .select({ name: versionFiles.name, sha256: versionFiles.sha256, sizeBytes: blobs.sizeBytes })
    .from(versions)
    .innerJoin(versionFiles, eq(versionFiles.versionId, versions.id))
    .innerJoin(blobs, eq(blobs.sha256, versionFiles.sha256))
    .where(and(eq(versions.package, name), eq(versions.version, version)))
    .orderBy(asc(versionFiles.name));
}

/** It was checked when it was published. */
async function readManifest(blobs: BlobStore, files: readonly PackageFile[]): Promise<ReleaseManifest> {
  const file = files.find(({ name }) => name === "lora.json");
  if (file === undefined) throw new Error("a release without lora.json was stored");
  return keepManifest(file.sha256, async () => JSON.parse((await readBlobText(blobs, file)) ?? "{}"));
}

/** Packages whose newest releases ask for this one, by name. */
export async function readDependents(
  db: Queryable,
  name: string,
  limit: number,
  { entries: visible }: Reader,
): Promise<{ names: string[]; total: number }> {
  const { searchEntries, versions } = tables;
  const asks = sql`(${versions.dependencies} ? ${name} or ${versions.optionalDependencies} ? ${name})`;
  const rows = await db
    .selectDistinct({ name: versions.package })
    .from(versions)
    .innerJoin(
      searchEntries,
      and(eq(searchEntries.package, versions.package), eq(searchEntries.releasedAt, versions.publishedAt)),
    )
    .where(and(asks, visible))
    .orderBy(versions.package);
  return { names: rows.slice(0, limit).map((row) => row.name), total: rows.length };
}
