// SPDX-License-Identifier: Apache-2.0
/** From the log to the outbox, in the transaction that makes the entries live: events of exactly those, or of none. */
import { type PackageName, scopeOf } from "@lora/client/names";
import { inArray, isNull, sql } from "drizzle-orm";
import type { Holder } from "../auth/index.ts";
import { query, type Transaction, tables } from "../database/index.ts";
import type { PendingRow, PlacedEntry } from "../log/batch.ts";
import { announceDeliveries } from "./announce.ts";
import {
  type Actor,
  formatEvent,
  isVersionEntry,
  messageIdOf,
  type ReleaseFile,
  type VersionEntry,
} from "./event.ts";

interface Act {
  index: number;
  entry: VersionEntry;
  bytes: Uint8Array;
  holder: Holder | undefined;
  reason: string | null;
  /** Ids of the webhooks that want it. */
  webhooks: number[];
}

/** @param waited the rows of the log that the entries were made of */
export async function recordEvents(
  tx: Transaction,
  { origin, at }: { origin: string; at: Date },
  placed: readonly PlacedEntry[],
  waited: readonly PendingRow[],
): Promise<void> {
  const acts = await wantedActs(tx, placed, new Map(waited.map((row) => [row.id, row])));
  if (acts.length === 0) return;
  const known = await readVersions(tx, acts);
  const actors = await readActors(tx, acts);
  const rows = acts.map(({ index, entry, bytes, holder, reason, webhooks }) => {
    const version = known.get(`${entry.pkg} ${entry.version}`);
    const body = formatEvent({
      registry: origin,
      index,
      entry,
      at,
      isPrivate: version?.isPrivate ?? true,
      actor: holder === undefined ? null : (actors.get(keyOf(holder)) ?? null),
      reason,
      files: version?.files ?? [],
    });
    return { id: messageIdOf(origin, index, bytes), body, webhooks };
  });
  await tx.execute(sql`
    insert into ${tables.webhookDeliveries} (webhook_id, message_id, body, created_at, next_attempt_at)
    select w.id::bigint, e.event ->> 'id', e.event ->> 'body', now(), now()
    from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) with ordinality as e(event, place),
      jsonb_array_elements_text(e.event -> 'webhooks') as w(id)
    order by e.place
    on conflict do nothing`);
  await announceDeliveries(tx);
}

async function wantedActs(
  tx: Transaction,
  placed: readonly PlacedEntry[],
  waited: ReadonlyMap<number, PendingRow>,
): Promise<Act[]> {
  if (!placed.some(({ entry }) => isVersionEntry(entry))) return [];
  const { webhooks } = tables;
  // Held, so that none is removed until what is written for it is there to be removed with it.
  const all = await tx
    .select({ id: webhooks.id, events: webhooks.events, scope: webhooks.scope })
    .from(webhooks)
    .where(isNull(webhooks.disabledAt))
    .for("key share");
  return placed.flatMap(({ index, entry, bytes, pendingId }) => {
    if (!isVersionEntry(entry)) return [];
    const wanting = all.filter(
      ({ events, scope }) =>
        (events === null || events.includes(entry.t)) && (scope === null || scope === scopeOf(entry.pkg)),
    );
    if (wanting.length === 0) return [];
    const { actor, reason = null } = waited.get(pendingId) ?? {};
    const holder = (actor ?? undefined) as Holder | undefined;
    return { index, entry, bytes, holder, reason, webhooks: wanting.map(({ id }) => id) };
  });
}

async function readVersions(tx: Transaction, acts: readonly Act[]) {
  const { blobs, packages, versionFiles, versions } = tables;
  const wanted = acts.map(({ entry: { t, pkg, version } }) => ({ t, pkg, version }));
  const rows = await query<{
    pkg: PackageName;
    version: string;
    isPrivate: boolean;
    files: ReleaseFile[] | null;
  }>(
    tx,
    sql`select e.pkg, e.version, p.is_private as "isPrivate", (
          select jsonb_agg(jsonb_build_object('name', f.name, 'sha256', f.sha256, 'sizeBytes', b.size_bytes)
                           order by f.name)
          from ${versionFiles} f join ${blobs} b on b.sha256 = f.sha256
          where e.is_new and f.version_id = v.id) as files
        from (
          select pkg, version, bool_or(t = 'publish') as is_new
          from jsonb_to_recordset(${JSON.stringify(wanted)}::text::jsonb) as a(t text, pkg text, version text)
          group by pkg, version) as e
        join ${versions} v on v.package = e.pkg and v.version = e.version
        join ${packages} p on p.name = v.package`,
  );
  return new Map(
    rows.map(({ pkg, version, isPrivate, files }) => [
      `${pkg} ${version}`,
      { isPrivate, files: files ?? [] },
    ]),
  );
}

/** By `keyOf` their holders. Accounts that are gone by now are not there. */
async function readActors(tx: Transaction, acts: readonly Act[]): Promise<Map<string, Actor>> {
  const holders = acts.flatMap(({ holder }) => holder ?? []);
  const actors = new Map<string, Actor>([["operator", { kind: "operator" }]]);
  const userIds = holders.flatMap((holder) =>
    holder.kind !== "publisher" && holder.userId !== undefined ? [holder.userId] : [],
  );
  const publisherIds = holders.flatMap((holder) => (holder.kind === "publisher" ? [holder.publisherId] : []));
  const { publishers, users } = tables;
  if (userIds.length > 0) {
    const found = await tx
      .select({ id: users.id, name: users.name })
      .from(users)
      .where(inArray(users.id, userIds));
    for (const { id, name } of found) actors.set(`account ${id}`, { kind: "account", name });
  }
  if (publisherIds.length > 0) {
    const found = await tx.select().from(publishers).where(inArray(publishers.id, publisherIds));
    for (const { id, provider, repository, workflow } of found)
      actors.set(`publisher ${id}`, { kind: "ci", provider, repository, workflow });
  }
  return actors;
}

function keyOf(holder: Holder): string {
  if (holder.kind === "publisher") return `publisher ${holder.publisherId}`;
  return holder.userId === undefined ? "operator" : `account ${holder.userId}`;
}
