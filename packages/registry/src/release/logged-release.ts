// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import { and, eq } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import { findPending, type LogWriter, type SettledEntry } from "../log/index.ts";

/** What the log has of a live version; undefined while it has nothing. */
export async function readLogged(
  db: Queryable,
  name: PackageName,
  version: Version,
): Promise<SettledEntry | undefined> {
  const { logEntries, versions } = tables;
  const [row] = await db
    .select({ index: logEntries.index, receipt: logEntries.receipt })
    .from(versions)
    .innerJoin(logEntries, eq(logEntries.index, versions.logIndex))
    .where(and(eq(versions.package, name), eq(versions.version, version)));
  return row;
}

/**
 * For a publish that is repeated: the version is stored, and perhaps not in the log yet.
 * @throws LoraError LOG_HALTED, SERVICE_UNAVAILABLE
 */
export async function awaitLogged(
  db: Queryable,
  logWriter: LogWriter,
  name: PackageName,
  version: Version,
): Promise<SettledEntry> {
  const logged = await readLogged(db, name, version);
  if (logged !== undefined) return logged;
  const pending = await findPending(db, name);
  if (pending !== undefined) await logWriter.settle(pending);
  const settled = await readLogged(db, name, version);
  if (settled === undefined) throw new Error(`${name} ${version} neither is in the log nor waits for it`);
  return settled;
}
