// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { ScopeName } from "@lora/client/names";
import { countDistinct, eq, sql } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";

/** What a scope may take; undefined for as much as there is. */
export interface ScopeQuota {
  bytes?: number;
  versions?: number;
}

/**
 * Releases of one scope that are published at the same moment do not see each other: the quota may be passed by as many.
 * @throws LoraError QUOTA_EXCEEDED when the scope would have more than its quota with this release
 */
export async function assertWithinQuota(
  db: Queryable,
  scope: ScopeName,
  files: readonly { sizeBytes: number }[],
  quota: ScopeQuota,
): Promise<void> {
  if (quota.bytes === undefined && quota.versions === undefined) return;
  const { blobs, packages, versionFiles, versions } = tables;
  const [counted] = await db
    .select({ versions: countDistinct(versions.id) })
    .from(versions)
    .innerJoin(packages, eq(packages.name, versions.package))
    .where(eq(packages.scope, scope));
  // A file that several versions have is stored once.
  const own = db
    .selectDistinct({ sha256: blobs.sha256, sizeBytes: blobs.sizeBytes })
    .from(versionFiles)
    .innerJoin(versions, eq(versions.id, versionFiles.versionId))
    .innerJoin(packages, eq(packages.name, versions.package))
    .innerJoin(blobs, eq(blobs.sha256, versionFiles.sha256))
    .where(eq(packages.scope, scope))
    .as("own");
  const [stored] = await db
    .select({ bytes: sql<number>`coalesce(sum(${own.sizeBytes}), 0)`.mapWith(Number) })
    .from(own);
  const added = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const wouldHave = { versions: (counted?.versions ?? 0) + 1, bytes: (stored?.bytes ?? 0) + added };
  for (const kind of ["versions", "bytes"] as const) {
    const limit = quota[kind];
    if (limit === undefined || wouldHave[kind] <= limit) continue;
    throw new LoraError("QUOTA_EXCEEDED", `${scope} may have ${limit} ${kind} in this registry`, {
      hint: "ask the registry's operator for more",
      details: { kind, limit, wouldHave: wouldHave[kind] },
    });
  }
}
