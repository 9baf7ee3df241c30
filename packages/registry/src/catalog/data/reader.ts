// SPDX-License-Identifier: Apache-2.0
/** Whom a page is made for: everybody, or one account, which also sees the private packages of its scopes. */
import { inArray, or, type SQL } from "drizzle-orm";
import type { Viewer } from "../../accounts/index.ts";
import { rolesOf } from "../../auth/rights.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { isPublicEntry, isPublicPackage } from "./public.ts";

export interface Reader {
  /** Undefined for somebody who is not signed in. */
  viewer: Viewer | undefined;
  /** Conditions on search entries and on packages; undefined for all of them. */
  entries: SQL | undefined;
  packages: SQL | undefined;
  /** For `answerPage`: what is for one account alone no cache keeps, not even the browser's. */
  answer: { cacheControl?: string };
}

export const EVERYBODY: Reader = {
  viewer: undefined,
  entries: isPublicEntry,
  packages: isPublicPackage,
  answer: {},
};

export const FOR_ONE_ACCOUNT = "private, no-store";

/** By the session's cookie. Tokens are for programs: pages do not look at them. */
export async function readerOf(
  { db, accounts }: Pick<Deps, "db" | "accounts">,
  c: RequestContext,
): Promise<Reader> {
  const viewer = await accounts.viewer(c.req.raw.headers);
  if (viewer === undefined) return EVERYBODY;
  const answer = { cacheControl: FOR_ONE_ACCOUNT };
  if (viewer.isOperator) return { viewer, entries: undefined, packages: undefined, answer };
  const scopes = [...(await rolesOf(db, viewer.userId)).keys()];
  if (scopes.length === 0) return { ...EVERYBODY, viewer, answer };
  return {
    viewer,
    entries: or(isPublicEntry, inArray(tables.searchEntries.scope, scopes)),
    packages: or(isPublicPackage, inArray(tables.packages.scope, scopes)),
    answer,
  };
}
