// SPDX-License-Identifier: Apache-2.0
/**
 * What no registry should go on serving. The version's files are gone for everybody from the commit on; the log, and with
 * the entry's receipt the index file, say that it was this registry's act. The version's number stays taken: what undoes a
 * takedown is a new release. It counts as yanked, too, so that no search, tag or page leads to it.
 */
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { Holder } from "../auth/index.ts";
import { type Queryable, type Transaction, tables } from "../database/index.ts";
import { appendLogEntry, findPending, type LogWriter } from "../log/index.ts";
import { changePackage } from "../package-index/change.ts";
import { announceRemoval } from "../read-cache/index.ts";

/**
 * Repeating it changes nothing, the reason neither.
 * @param reason a line for whoever asks for the version
 * @returns what stands now: the reason of the first takedown, and the index of its entry in the log
 * @throws LoraError PACKAGE_NOT_FOUND, VERSION_NOT_FOUND, LOG_HALTED, SERVICE_UNAVAILABLE
 */
export async function takeDown(
  { db, logWriter }: { db: Parameters<typeof changePackage>[0]; logWriter: LogWriter },
  name: PackageName,
  version: Version,
  reason: string,
  by: Holder = { kind: "operator" },
): Promise<{ reason: string; logIndex: number }> {
  const { takedowns, versions } = tables;
  logWriter.assertRunning();
  const { result } = await changePackage(db, name, async (tx) => {
    const [row] = await tx
      .update(versions)
      .set({ yanked: sql`coalesce(${versions.yanked}, ${reason})` })
      .where(and(eq(versions.package, name), eq(versions.version, version), isNotNull(versions.logIndex)))
      .returning({ id: versions.id });
    if (row === undefined) throw new LoraError("VERSION_NOT_FOUND", `there is no ${name} ${version}`);
    const made = await tx
      .insert(takedowns)
      .values({ versionId: row.id, reason, takenDownAt: new Date() })
      .onConflictDoNothing()
      .returning({ versionId: takedowns.versionId });
    if (made.length === 0) return { id: row.id, pending: await findPending(tx, name) };
    await announceRemoval(tx);
    const told = { by, reason };
    return { id: row.id, pending: await appendLogEntry(tx, { t: "takedown", pkg: name, version }, told) };
  });
  if (result.pending !== undefined) await logWriter.settle(result.pending);
  const [row] = await db.select().from(takedowns).where(eq(takedowns.versionId, result.id));
  if (typeof row?.logIndex !== "number") throw new Error(`the takedown of ${name} ${version} is not logged`);
  return { reason: row.reason, logIndex: row.logIndex };
}

/** @throws LoraError VERSION_TAKEN_DOWN with the reason, where the version was */
export async function assertNotTakenDown(
  db: Queryable,
  { id, name, version }: { id: number; name: string; version: string },
): Promise<void> {
  const { takedowns } = tables;
  const [row] = await db.select().from(takedowns).where(eq(takedowns.versionId, id));
  if (row !== undefined) throw takenDownError(name, version, row.reason);
}

/** The same of a blob that no version shows any more. Of private packages nothing is said. */
export async function assertBlobNotTakenDown(db: Queryable, sha256: string): Promise<void> {
  const { packages, takedowns, versionFiles, versions } = tables;
  const [row] = await db
    .select({ name: versions.package, version: versions.version, reason: takedowns.reason })
    .from(versionFiles)
    .innerJoin(versions, eq(versions.id, versionFiles.versionId))
    .innerJoin(packages, eq(packages.name, versions.package))
    .innerJoin(takedowns, eq(takedowns.versionId, versions.id))
    .where(and(eq(versionFiles.sha256, sha256), eq(packages.isPrivate, false)))
    .limit(1);
  if (row !== undefined) throw takenDownError(row.name, row.version, row.reason);
}

/** Of entries that have just got into the log. A blob goes with the last version that shows it. */
export async function settleTakedowns(
  tx: Transaction,
  placed: readonly { index: number; pkg: string; version: string }[],
): Promise<void> {
  const { blobs, takedowns, versionFiles, versions } = tables;
  const rows = JSON.stringify(placed);
  await tx.execute(sql`
    update ${takedowns} as t set log_index = e.index
    from jsonb_to_recordset(${rows}::text::jsonb) as e(pkg text, version text, index bigint)
    join ${versions} as v on v.package = e.pkg and v.version = e.version
    where t.version_id = v.id`);
  await tx.execute(sql`
    update ${blobs} as b set is_live = false
    where b.is_live and b.sha256 in (
      select f.sha256 from jsonb_to_recordset(${rows}::text::jsonb) as e(pkg text, version text)
      join ${versions} as v on v.package = e.pkg and v.version = e.version
      join ${versionFiles} as f on f.version_id = v.id)
    and not exists (
      select from ${versionFiles} as f
      join ${versions} as v on v.id = f.version_id
      where f.sha256 = b.sha256 and v.log_index is not null
        and not exists (select from ${takedowns} as t where t.version_id = v.id))`);
  await announceRemoval(tx);
}

function takenDownError(name: string, version: string, reason: string): LoraError {
  return new LoraError("VERSION_TAKEN_DOWN", `${name} ${version} was taken down by its registry: ${reason}`, {
    details: { name, version, reason },
  });
}
