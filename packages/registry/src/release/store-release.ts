// SPDX-License-Identifier: Apache-2.0
import type { Visibility } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { ReleaseManifest } from "@lora/client/manifest";
import { type PackageName, scopeOf } from "@lora/client/names";
import type { SignedRelease } from "@lora/client/signing";
import type { Version } from "@lora/client/versions";
import { and, eq } from "drizzle-orm";
import { assertAllowed, type Caller } from "../auth/index.ts";
import { missingError } from "../blobs/errors.ts";
import type { BlobStore } from "../blobs/index.ts";
import { type Database, type Queryable, type Transaction, tables } from "../database/index.ts";
import { appendLogEntry, type PendingEntry } from "../log/index.ts";
import { holdUsableKey } from "../scopes/scope-keys.ts";
import { lockScopeVisibility, settleBlobPrivacy } from "../visibility/index.ts";

export interface CheckedRelease {
  release: SignedRelease;
  /** Parsed from the very bytes that were signed. */
  manifest: ReleaseManifest & { name: PackageName; version: Version };
  /** The exact text that was verified. */
  bundle: string;
  /** What a new package is to be; undefined for what its scope is. One that exists stays as it is. */
  visibility?: Visibility | undefined;
}

export interface StoredRelease {
  id: string;
  keyId: string;
  publishedAt: Date;
}

export async function hasPackage(db: Queryable, name: PackageName): Promise<boolean> {
  const { packages } = tables;
  const rows = await db.select({ name: packages.name }).from(packages).where(eq(packages.name, name));
  return rows.length > 0;
}

/** The version as it was published; undefined when it was not. */
export async function readStored(
  db: Queryable,
  name: PackageName,
  version: Version,
): Promise<StoredRelease | undefined> {
  const { versions } = tables;
  const [row] = await db
    .select({ id: versions.releaseId, keyId: versions.keyId, publishedAt: versions.publishedAt })
    .from(versions)
    .where(and(eq(versions.package, name), eq(versions.version, version)));
  return row;
}

/** @throws LoraError VERSION_EXISTS unless the stored release has this id: then a client whose answer was lost asks again */
export function assertSameRelease(
  stored: StoredRelease,
  release: SignedRelease,
  manifest: string,
): StoredRelease {
  if (stored.id === release.id) return stored;
  throw new LoraError("VERSION_EXISTS", `${manifest} was published before, with other content`, {
    hint: "raise the version in lora.json",
    details: { publishedId: stored.id, id: release.id },
  });
}

/**
 * Writes the version, its files, its adapters and what the log is to say, or nothing. Nobody sees any of it before the log
 * has it. Publishes of one package wait for each other here, so of two with one version the second sees the first.
 * @throws LoraError VERSION_EXISTS, FORBIDDEN, KEY_REVOKED, KEY_NOT_YET_VALID, UPLOAD_MISSING
 */
export async function storeRelease(
  { db, blobs }: { db: Database; blobs: BlobStore },
  caller: Caller,
  { release, manifest, bundle, visibility }: CheckedRelease,
): Promise<{ stored: StoredRelease; pending?: PendingEntry }> {
  const { name, version } = manifest;
  return db.transaction(async (tx) => {
    const isNewPackage = await lockPackage(tx, name, visibility);
    assertAllowed(caller, isNewPackage ? "publish-new" : "publish-update");
    const before = await readStored(tx, name, version);
    if (before !== undefined) {
      return { stored: assertSameRelease(before, release, `${name} ${version}`) };
    }
    await holdUsableKey(tx, scopeOf(name), release.keyId);
    const stored = { id: release.id, keyId: release.keyId, publishedAt: new Date() };
    const versionId = await insertVersion(tx, { release, manifest, bundle }, stored);
    await insertFiles(tx, blobs, versionId, release);
    await insertAdapters(tx, versionId, manifest);
    await settleBlobPrivacy(tx, [name]);
    const entry = { t: "publish", pkg: name, version, id: release.id, keyid: release.keyId } as const;
    const pending = await appendLogEntry(tx, entry, { by: caller.holder });
    return { stored, pending };
  });
}

/** Returns whether the package is new. Until the transaction ends, nobody else gets past this for the same package. */
async function lockPackage(
  tx: Transaction,
  name: PackageName,
  visibility: Visibility | undefined,
): Promise<boolean> {
  const { packages } = tables;
  const isPrivate = (visibility ?? (await lockScopeVisibility(tx, scopeOf(name)))) === "private";
  const made = await tx
    .insert(packages)
    .values({
      name,
      scope: scopeOf(name),
      createdAt: new Date(),
      indexText: "",
      indexEtag: "",
      visibility: visibility ?? null,
      isPrivate,
    })
    .onConflictDoNothing()
    .returning({ name: packages.name });
  if (made.length > 0) return true;
  await tx.select({ name: packages.name }).from(packages).where(eq(packages.name, name)).for("update");
  return false;
}

async function insertVersion(
  tx: Transaction,
  { release, manifest, bundle }: CheckedRelease,
  { publishedAt }: StoredRelease,
): Promise<number> {
  const [row] = await tx
    .insert(tables.versions)
    .values({
      package: manifest.name,
      version: manifest.version,
      releaseId: release.id,
      keyId: release.keyId,
      bundle,
      publishedAt,
      scale: manifest.scale ?? null,
      dependencies: manifest.dependencies ?? {},
      optionalDependencies: manifest.optionalDependencies ?? {},
      conflicts: manifest.conflicts ?? {},
      description: manifest.description ?? null,
      license: manifest.license ?? null,
      keywords: manifest.keywords ?? [],
    })
    .returning({ id: tables.versions.id });
  if (row === undefined) throw new Error("no version was inserted");
  return row.id;
}

/**
 * Whoever removes blobs that nobody refers to holds such a row meanwhile, so a row that is new here says that no removal is
 * under way; one that has just ended may have taken the blob.
 * @throws LoraError UPLOAD_MISSING
 */
async function insertFiles(
  tx: Transaction,
  store: BlobStore,
  versionId: number,
  { files }: SignedRelease,
): Promise<void> {
  // One order for everybody: two releases that share blobs must not wait for each other's rows crosswise.
  const blobs = new Map(files.map(({ sha256, sizeBytes }) => [sha256, { sha256, sizeBytes, isLive: false }]));
  const sorted = [...blobs.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const made = await tx
    .insert(tables.blobs)
    .values(sorted)
    .onConflictDoNothing()
    .returning({ sha256: tables.blobs.sha256 });
  for (const claim of sorted) {
    const isNew = made.some(({ sha256 }) => sha256 === claim.sha256);
    if (isNew && !(await store.isStored(claim))) throw missingError(claim);
  }
  await tx.insert(tables.versionFiles).values(files.map(({ name, sha256 }) => ({ versionId, name, sha256 })));
}

async function insertAdapters(
  tx: Transaction,
  versionId: number,
  { adapters = [] }: ReleaseManifest,
): Promise<void> {
  if (adapters.length === 0) return;
  await tx.insert(tables.adapters).values(
    adapters.map(({ file, base, rank, alpha, targets }, position) => ({
      versionId,
      position,
      file,
      base: base.fingerprint,
      baseName: base.name,
      rank,
      alpha,
      targets,
    })),
  );
}
