// SPDX-License-Identifier: Apache-2.0
/**
 * What a registry did before it kept a log. Versions that are in no log are seen by nobody, so a start writes down what
 * was not: every scope with its key, every release, every yank, in the order in which they happened.
 */

import type { Sha256 } from "@lora/client/digest";
import type { PackageName, ScopeName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import { and, asc, eq, isNull, notExists, sql } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../database/index.ts";
import { appendLogEntry, type NewLogEntry } from "./append.ts";
import { lockLog } from "./head.ts";

interface Act {
  at: Date;
  entries: NewLogEntry[];
}

/** Returns how many entries were written. They wait for the next step of the log. */
export async function recordUnlogged(db: Database): Promise<number> {
  return db.transaction(async (tx) => {
    await lockLog(tx);
    const acts = [...(await unloggedKeys(tx)), ...(await unloggedVersions(tx))];
    // A scope's first key comes with it, so in the same moment scopes are first; the sort keeps that order.
    acts.sort((a, b) => a.at.getTime() - b.at.getTime());
    const entries = acts.flatMap((act) => act.entries);
    for (const entry of entries) await appendLogEntry(tx, entry);
    return entries.length;
  });
}

async function unloggedKeys(tx: Transaction): Promise<Act[]> {
  const { scopeKeys, scopes } = tables;
  const rows = await tx
    .select({
      scope: scopes.name,
      isScopeLogged: sql<boolean>`${scopes.logIndex} is not null`,
      keyId: scopeKeys.keyId,
      at: scopeKeys.addedAt,
    })
    .from(scopeKeys)
    .innerJoin(scopes, eq(scopes.name, scopeKeys.scope))
    .where(and(isNull(scopeKeys.logIndex), notWaiting(tx, sql`${scopeKeys.scope}`)))
    .orderBy(asc(scopeKeys.addedAt));
  return rows.map(({ scope: name, isScopeLogged, keyId, at }) => {
    const scope = name as ScopeName;
    const key: NewLogEntry = { t: "key.add", scope, keyid: keyId as Sha256, by: null };
    return { at, entries: isScopeLogged ? [key] : [{ t: "scope.create", scope }, key] };
  });
}

async function unloggedVersions(tx: Transaction): Promise<Act[]> {
  const { versions } = tables;
  const rows = await tx
    .select({
      pkg: versions.package,
      version: versions.version,
      id: versions.releaseId,
      keyid: versions.keyId,
      yanked: versions.yanked,
      at: versions.publishedAt,
    })
    .from(versions)
    .where(and(isNull(versions.logIndex), notWaiting(tx, sql`${versions.package}`)))
    .orderBy(asc(versions.publishedAt), asc(versions.id));
  return rows.map(({ at, yanked, ...row }) => {
    const subject = { pkg: row.pkg as PackageName, version: row.version as Version };
    const publish: NewLogEntry = {
      t: "publish",
      ...subject,
      id: row.id as Sha256,
      keyid: row.keyid as Sha256,
    };
    return { at, entries: yanked === null ? [publish] : [publish, { t: "yank", ...subject }] };
  });
}

function notWaiting(tx: Transaction, subject: ReturnType<typeof sql>) {
  const { logPending } = tables;
  return notExists(tx.select({ one: sql`1` }).from(logPending).where(eq(logPending.subject, subject)));
}
