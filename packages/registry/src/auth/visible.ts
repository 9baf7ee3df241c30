// SPDX-License-Identifier: Apache-2.0
/** Who sees what is not for everybody. To a stranger a private package is one that does not exist. */
import type { Sha256 } from "@lora/client/digest";
import type { PackageName } from "@lora/client/names";
import { and, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import type { RequestContext } from "../http/context.ts";
import { authenticate } from "./authenticate.ts";
import type { Caller } from "./caller.ts";
import { likeOfPattern } from "./package-pattern.ts";
import { mayRead, rolesOf } from "./rights.ts";

/** What a cache may keep of an answer that was for this caller alone. */
export const PRIVATE_SHORT_LIVED = "private, no-cache";
export const PRIVATE_IMMUTABLE = "private, max-age=31536000, immutable";

/** Undefined for somebody without a token. @throws LoraError UNAUTHENTICATED, FORBIDDEN for a bad one */
export async function callerIfAny(db: Queryable, c: RequestContext): Promise<Caller | undefined> {
  return c.req.header("authorization") === undefined ? undefined : authenticate(db, c);
}

/**
 * Whether the request may see the package. Nobody is asked who they are for a public one; a bad token is told where there
 * is no package just as where there is a private one.
 * @param found undefined where there is no such package
 */
export async function isVisible(
  db: Queryable,
  c: RequestContext,
  found: { name: string; isPrivate: boolean } | undefined,
): Promise<boolean> {
  if (found !== undefined && !found.isPrivate) return true;
  const caller = await callerIfAny(db, c);
  return found !== undefined && caller !== undefined && mayRead(db, caller, found.name as PackageName);
}

/** Whether a blob that no public package has is in a package that the caller may read. */
export async function isPrivateBlobVisible(
  db: Queryable,
  caller: Caller | undefined,
  sha256: string,
): Promise<boolean> {
  if (caller === undefined) return false;
  const { versionFiles, versions } = tables;
  const rows = await db
    .selectDistinct({ name: versions.package })
    .from(versionFiles)
    .innerJoin(versions, eq(versions.id, versionFiles.versionId))
    .where(eq(versionFiles.sha256, sha256));
  for (const { name } of rows) {
    if (await mayRead(db, caller, name as PackageName)) return true;
  }
  return false;
}

/**
 * Of the digests, those of blobs that are stored for others: the caller may not read them, and must not get them by
 * knowing their digests, which stand in lockfiles. To be treated as if they were not there.
 */
export async function hiddenBlobs(
  db: Queryable,
  caller: Caller,
  digests: readonly Sha256[],
): Promise<Set<Sha256>> {
  const { blobs } = tables;
  const rows = await db
    .select({ sha256: blobs.sha256 })
    .from(blobs)
    .where(and(inArray(blobs.sha256, [...digests]), eq(blobs.isPrivate, true)));
  const hidden = new Set<Sha256>();
  for (const { sha256 } of rows) {
    if (!(await isPrivateBlobVisible(db, caller, sha256))) hidden.add(sha256 as Sha256);
  }
  return hidden;
}

/** Which rows of the search's entries the caller may find, as a condition; undefined for all of them. */
export async function searchableFor(db: Queryable, caller: Caller | undefined): Promise<SQL | undefined> {
  const { package: name, scope, isPrivate } = tables.searchEntries;
  const isPublic = eq(isPrivate, false);
  if (caller === undefined || !caller.actions.includes("read")) return isPublic;
  const { holder, packages } = caller;
  const ofToken =
    packages === null
      ? undefined
      : or(...packages.map((pattern) => sql`${name} like ${likeOfPattern(pattern)}`));
  if (packages?.length === 0) return isPublic;
  if (holder.kind === "publisher") return or(isPublic, and(eq(name, holder.package), ofToken));
  if (holder.kind === "operator") return ofToken === undefined ? undefined : or(isPublic, ofToken);
  const scopes = [...(await rolesOf(db, holder.userId)).keys()];
  return scopes.length === 0 ? isPublic : or(isPublic, and(inArray(scope, scopes), ofToken));
}
