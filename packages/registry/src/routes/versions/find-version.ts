// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { parsePackageName } from "@lora/client/names";
import { parseVersion } from "@lora/client/versions";
import { and, eq } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";
import type { RequestContext } from "../../http/context.ts";

/** The version that a path names. @throws LoraError VERSION_NOT_FOUND, NAME_INVALID, VERSION_INVALID */
export async function findVersion(db: Queryable, c: RequestContext) {
  const params = c.req.param() as { scope: string; name: string; version: string };
  const name = parsePackageName(`${params.scope}/${params.name}`);
  const version = parseVersion(params.version);
  const { versions } = tables;
  const [row] = await db
    .select({ id: versions.id, releaseId: versions.releaseId, bundle: versions.bundle })
    .from(versions)
    .where(and(eq(versions.package, name), eq(versions.version, version)));
  if (row === undefined) throw new LoraError("VERSION_NOT_FOUND", `there is no ${name} ${version}`);
  return { ...row, releaseId: row.releaseId as Sha256 };
}
