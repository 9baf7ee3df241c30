// SPDX-License-Identifier: Apache-2.0
import { and, eq, isNotNull } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";

export interface Logged {
  /** Of the entry that says that the version was published. */
  index: number;
}

/** Undefined for a version that the log does not have yet. */
export async function readLogged(db: Queryable, name: string, version: string): Promise<Logged | undefined> {
  const { versions } = tables;
  const [row] = await db
    .select({ index: versions.logIndex })
    .from(versions)
    .where(and(eq(versions.package, name), eq(versions.version, version), isNotNull(versions.logIndex)));
  return row?.index == null ? undefined : { index: row.index };
}
