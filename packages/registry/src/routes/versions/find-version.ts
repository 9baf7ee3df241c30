// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { parsePackageName } from "@lora/client/names";
import { parseVersion } from "@lora/client/versions";
import { and, eq, isNotNull } from "drizzle-orm";
import { isVisible, PRIVATE_IMMUTABLE } from "../../auth/index.ts";
import { type Queryable, tables } from "../../database/index.ts";
import type { RequestContext } from "../../http/context.ts";
import { IMMUTABLE } from "../../http/document.ts";
import { assertNotTakenDown } from "../../operations/take-down.ts";

/**
 * The version that a path names, if the request may see it, and how long a cache may keep what is served of it.
 * @throws LoraError VERSION_NOT_FOUND, VERSION_TAKEN_DOWN, NAME_INVALID, VERSION_INVALID, UNAUTHENTICATED
 */
export async function findVersion(db: Queryable, c: RequestContext) {
  const params = c.req.param() as { scope: string; name: string; version: string };
  const name = parsePackageName(`${params.scope}/${params.name}`);
  const version = parseVersion(params.version);
  const { packages, versions } = tables;
  const [row] = await db
    .select({
      id: versions.id,
      name: versions.package,
      releaseId: versions.releaseId,
      bundle: versions.bundle,
      logIndex: versions.logIndex,
      isPrivate: packages.isPrivate,
    })
    .from(versions)
    .innerJoin(packages, eq(packages.name, versions.package))
    // Till the log has it, nobody sees it.
    .where(and(eq(versions.package, name), eq(versions.version, version), isNotNull(versions.logIndex)));
  const visible = await isVisible(db, c, row);
  if (row === undefined || row.logIndex === null || !visible) {
    throw new LoraError("VERSION_NOT_FOUND", `there is no ${name} ${version}`);
  }
  await assertNotTakenDown(db, { id: row.id, name, version });
  const { id, releaseId, bundle, logIndex, isPrivate } = row;
  return {
    id,
    path: `/versions/${name}/${version}`,
    bundle,
    logIndex,
    releaseId: releaseId as Sha256,
    isPrivate,
    cacheControl: isPrivate ? PRIVATE_IMMUTABLE : IMMUTABLE,
  };
}
