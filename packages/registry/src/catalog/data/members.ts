// SPDX-License-Identifier: Apache-2.0
/**
 * Who stands behind a scope, as far as the visitor is to know. Names of accounts are public and so is that somebody may
 * publish, so strangers see the owners and publishers of a public scope by name. Readers are nobody's business, an
 * organisation exists for its members alone, and a private scope names nobody. Whoever has a role sees all.
 */
import type { Owners } from "@lora/client/documents";
import type { ScopeName } from "@lora/client/names";
import { eq } from "drizzle-orm";
import { roleOn } from "../../auth/rights.ts";
import { type Queryable, tables } from "../../database/index.ts";
import { listOwners } from "../../scopes/owners.ts";
import type { Reader } from "./reader.ts";

export interface ShownMembers {
  members: Owners["owners"];
  /** Whether the visitor has a role, or is an operator. */
  isMember: boolean;
}

export async function readMembers(
  db: Queryable,
  scope: ScopeName,
  { viewer }: Reader,
): Promise<ShownMembers> {
  const { owners } = await listOwners(db, scope);
  const isMember =
    viewer !== undefined && (viewer.isOperator || (await roleOn(db, viewer.userId, scope)) !== undefined);
  if (isMember) return { members: owners, isMember };
  const { scopes } = tables;
  const [row] = await db.select({ visibility: scopes.visibility }).from(scopes).where(eq(scopes.name, scope));
  if (row?.visibility === "private") return { members: [], isMember };
  const members = owners.filter(({ name, role }) => role !== "reader" && !name.includes(":"));
  return { members, isMember };
}
