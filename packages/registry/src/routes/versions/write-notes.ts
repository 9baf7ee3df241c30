// SPDX-License-Identifier: Apache-2.0
import type { VersionNotes } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { Holder } from "../../auth/index.ts";
import { type Database, tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import { appendLogEntry, findPending } from "../../log/index.ts";
import { assertNotTakenDown } from "../../operations/take-down.ts";
import { changePackage } from "../../package-index/change.ts";

/**
 * Says or takes back (null) what is said of a version, in its index file too. A yank and what takes it back are logged,
 * and the answer waits for that.
 * @throws LoraError PACKAGE_NOT_FOUND, VERSION_NOT_FOUND, VERSION_TAKEN_DOWN, LOG_HALTED, SERVICE_UNAVAILABLE
 */
export async function writeNotes(
  { db, logWriter }: Pick<Deps, "db" | "logWriter">,
  name: PackageName,
  version: Version,
  notes: { yanked: string | null } | { deprecated: string | null },
  by: Holder,
): Promise<VersionNotes> {
  const { versions } = tables;
  logWriter.assertRunning();
  const { result } = await changePackage(db, name, async (tx) => {
    const own = and(eq(versions.package, name), eq(versions.version, version), isNotNull(versions.logIndex));
    // Alone with the package's row: nobody changes this in between.
    const [before] = await tx.select({ yanked: versions.yanked }).from(versions).where(own);
    const [row] = await tx
      .update(versions)
      .set(notes)
      .where(own)
      .returning({ id: versions.id, yanked: versions.yanked, deprecated: versions.deprecated });
    if (before === undefined || row === undefined)
      throw new LoraError("VERSION_NOT_FOUND", `there is no ${name} ${version}`);
    await assertNotTakenDown(tx, { id: row.id, name, version });
    if ((before.yanked === null) === (row.yanked === null)) return { row };
    const t = row.yanked === null ? "unyank" : "yank";
    const told = { by, reason: row.yanked ?? undefined };
    return { row, pending: await appendLogEntry(tx, { t, pkg: name, version }, told) };
  });
  const { row, pending = await findPending(db, name) } = result;
  if (pending !== undefined) await logWriter.settle(pending);
  const logIndex = "yanked" in notes ? await findYankIndex(db, name, version) : undefined;
  return {
    name,
    version,
    ...(row.yanked === null ? {} : { yanked: row.yanked }),
    ...(row.deprecated === null ? {} : { deprecated: row.deprecated }),
    ...(logIndex === undefined ? {} : { logIndex }),
  };
}

/** Of the last entry that says of a version that it is yanked, or is no more. */
async function findYankIndex(db: Database, name: PackageName, version: Version): Promise<number | undefined> {
  const { logEntries } = tables;
  const [row] = await db
    .select({ index: logEntries.index })
    .from(logEntries)
    .where(
      and(
        eq(logEntries.subject, name),
        sql`${logEntries.entry}::jsonb ->> 'version' = ${version}`,
        sql`${logEntries.entry}::jsonb ->> 't' in ('yank', 'unyank')`,
      ),
    )
    .orderBy(desc(logEntries.seq))
    .limit(1);
  return row?.index;
}
