// SPDX-License-Identifier: Apache-2.0
/**
 * Who sees a package: everybody, or only those with a role in its scope. A package says so itself or leaves it to its
 * scope; what follows is written into the package, its blobs and its search entry, where reads look without a join.
 */
import type { Visibility } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { type PackageName, type ScopeName, scopeOf } from "@lora/client/names";
import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../database/index.ts";
import { announceRemoval } from "../read-cache/index.ts";

/** For all packages that say nothing themselves. @throws LoraError SCOPE_NOT_FOUND */
export async function setScopeVisibility(
  db: Database,
  scope: ScopeName,
  visibility: Visibility,
): Promise<void> {
  const { packages, scopes } = tables;
  await db.transaction(async (tx) => {
    const found = await tx
      .update(scopes)
      .set({ visibility })
      .where(eq(scopes.name, scope))
      .returning({ name: scopes.name });
    if (found.length === 0) throw new LoraError("SCOPE_NOT_FOUND", `there is no scope ${scope}`);
    const rows = await tx
      .select({ name: packages.name })
      .from(packages)
      .where(and(eq(packages.scope, scope), isNull(packages.visibility)))
      .orderBy(asc(packages.name))
      .for("update");
    await writePrivacy(
      tx,
      rows.map(({ name }) => name as PackageName),
      visibility === "private",
    );
  });
}

/**
 * @param visibility null for what the scope is
 * @returns what the package is now
 * @throws LoraError PACKAGE_NOT_FOUND
 */
export async function setPackageVisibility(
  db: Database,
  name: PackageName,
  visibility: Visibility | null,
): Promise<Visibility> {
  const { packages } = tables;
  return db.transaction(async (tx) => {
    const inherited = await lockScopeVisibility(tx, scopeOf(name));
    const found = await tx
      .update(packages)
      .set({ visibility })
      .where(eq(packages.name, name))
      .returning({ name: packages.name });
    if (found.length === 0) throw new LoraError("PACKAGE_NOT_FOUND", `there is no package ${name}`);
    const effective = visibility ?? inherited;
    await writePrivacy(tx, [name], effective === "private");
    return effective;
  });
}

/** Shared: publishes of new packages go on side by side, and wait only for one that changes the scope. */
export async function lockScopeVisibility(tx: Transaction, scope: ScopeName): Promise<Visibility> {
  const { scopes } = tables;
  const [row] = await tx
    .select({ visibility: scopes.visibility })
    .from(scopes)
    .where(eq(scopes.name, scope))
    .for("share");
  return row?.visibility === "private" ? "private" : "public";
}

async function writePrivacy(
  tx: Transaction,
  names: readonly PackageName[],
  isPrivate: boolean,
): Promise<void> {
  if (names.length === 0) return;
  const { packages, searchEntries } = tables;
  await tx
    .update(packages)
    .set({ isPrivate })
    .where(inArray(packages.name, [...names]));
  await tx
    .update(searchEntries)
    .set({ isPrivate })
    .where(inArray(searchEntries.package, [...names]));
  await settleBlobPrivacy(tx, names);
  // Processes may have kept what everybody could read until now.
  await announceRemoval(tx);
}

/**
 * A blob is for everybody as soon as one public package has it. To be called when packages got versions, or changed who
 * sees them.
 */
export async function settleBlobPrivacy(tx: Transaction, names: readonly PackageName[]): Promise<void> {
  const { blobs, packages, versionFiles, versions } = tables;
  const own = tx
    .select({ sha256: versionFiles.sha256 })
    .from(versionFiles)
    .innerJoin(versions, eq(versions.id, versionFiles.versionId))
    .where(inArray(versions.package, [...names]));
  const isPrivate = sql`not exists (select from ${versionFiles}
    join ${versions} on ${versions.id} = ${versionFiles.versionId}
    join ${packages} on ${packages.name} = ${versions.package}
    where ${versionFiles.sha256} = ${blobs.sha256} and not ${packages.isPrivate})`;
  await tx
    .update(blobs)
    .set({ isPrivate })
    .where(and(inArray(blobs.sha256, own), sql`${blobs.isPrivate} <> (${isPrivate})`));
}
