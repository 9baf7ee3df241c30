// SPDX-License-Identifier: Apache-2.0
import type { VersionNotes } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import { and, eq } from "drizzle-orm";
import { type Database, tables } from "../../database/index.ts";
import { changePackage } from "../../package-index/change.ts";

/**
 * Says or takes back (null) what is said of a version, in its index file too.
 * @throws LoraError PACKAGE_NOT_FOUND, VERSION_NOT_FOUND
 */
export async function writeNotes(
  db: Database,
  name: PackageName,
  version: Version,
  notes: { yanked: string | null } | { deprecated: string | null },
): Promise<VersionNotes> {
  const { versions } = tables;
  const { result } = await changePackage(db, name, async (tx) => {
    const [row] = await tx
      .update(versions)
      .set(notes)
      .where(and(eq(versions.package, name), eq(versions.version, version)))
      .returning({ yanked: versions.yanked, deprecated: versions.deprecated });
    if (row === undefined) throw new LoraError("VERSION_NOT_FOUND", `there is no ${name} ${version}`);
    return row;
  });
  return {
    name,
    version,
    ...(result.yanked === null ? {} : { yanked: result.yanked }),
    ...(result.deprecated === null ? {} : { deprecated: result.deprecated }),
  };
}
