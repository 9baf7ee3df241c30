// SPDX-License-Identifier: Apache-2.0
/** What the log says happened, for people. */
import { type LogEntry, parseLogEntry } from "@lora/client/transparency";
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";
import { EVERYBODY, type Reader } from "./reader.ts";

export interface HistoryEntry {
  /** Place in the log. */
  index: number;
  /** When it was put there. */
  at: string;
  subject: string;
  /** `published 1.2.0` */
  text: string;
  /** Of the version that it is about. */
  version: string | undefined;
  /** Whether the subject has a page for this reader. */
  hasPage: boolean;
}

/** A package whose first version waits for the log has no index yet, and no page. */
const isWritten = sql`${tables.packages.indexText} <> ''`;

/** The newest of the whole log. */
export async function readNewestEntries(db: Queryable, limit: number): Promise<HistoryEntry[]> {
  const { logEntries } = tables;
  const rows = await db.select().from(logEntries).orderBy(desc(logEntries.index)).limit(limit);
  return describeAll(db, rows, EVERYBODY);
}

/** The newest of a scope and of those of its packages that the reader may see. */
export async function readHistory(
  db: Queryable,
  scope: string,
  limit: number,
  reader: Reader,
): Promise<HistoryEntry[]> {
  const { logEntries, packages } = tables;
  const seen = db
    .select({ name: packages.name })
    .from(packages)
    .where(and(eq(packages.scope, scope), reader.packages, isWritten));
  const rows = await db
    .select()
    .from(logEntries)
    .where(sql`${logEntries.subject} = any(array(${seen}) || ${scope}::text)`)
    .orderBy(desc(logEntries.index))
    .limit(limit);
  return describeAll(db, rows, reader);
}

async function describeAll(
  db: Queryable,
  rows: readonly (typeof tables.logEntries.$inferSelect)[],
  { packages: visible }: Reader,
): Promise<HistoryEntry[]> {
  const { packages } = tables;
  const names = [...new Set(rows.map(({ subject }) => subject))];
  const found =
    names.length === 0
      ? []
      : await db
          .select({ name: packages.name })
          .from(packages)
          .where(and(inArray(packages.name, names), visible, isWritten));
  const withPage = new Set(found.map(({ name }) => name));
  return rows.map((row) => {
    const entry = parseLogEntry(new TextEncoder().encode(row.entry));
    return {
      index: row.index,
      at: row.sequencedAt.toISOString(),
      subject: row.subject,
      text: describe(entry),
      version: "version" in entry ? entry.version : undefined,
      hasPage: !row.subject.includes("/") || withPage.has(row.subject),
    };
  });
}

function describe(entry: LogEntry): string {
  switch (entry.t) {
    case "publish":
      return `published ${entry.version}`;
    case "yank":
    case "unyank":
    case "takedown":
      return `${{ yank: "yanked", unyank: "took back the yank of", takedown: "taken down:" }[entry.t]} ${entry.version}`;
    case "scope.create":
      return "scope created";
    case "key.add":
      return `key ${entry.keyid.slice(0, 12)}… added`;
    case "key.revoke":
      return `key ${entry.keyid.slice(0, 12)}… revoked`;
    case "key.reset":
      return `keys reset to ${entry.keyid.slice(0, 12)}…`;
    default:
      return { "owner.add": "owner added", "owner.remove": "owner removed" }[entry.t as string] ?? entry.t;
  }
}
