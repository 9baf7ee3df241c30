// SPDX-License-Identifier: Apache-2.0
/**
 * Counts of downloads. A version is downloaded when somebody is sent its signature.json, whole: every install of it reads
 * that file once and verifies it, nobody else has a reason to, and it comes from the registry wherever the blobs come
 * from. A HEAD, a 304 and a blob, or a part of one, are no downloads; the same client on the same day is one.
 *
 * No request writes anything: what was counted is kept here and written from time to time. A crash loses what was counted
 * since, at most FLUSH_MS of it. Who was counted is in the database for two days, so that another process, or this one
 * after a start, does not count them again.
 */
import { createHmac } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import type { Database } from "../database/index.ts";

const FLUSH_MS = 5000;
/** While the database is away no more than this is remembered. */
const MAX_PENDING = 50_000;
/** Any number will do that no other lock has: increments of one row must not cross. */
const FLUSH_LOCK = 5_662_134_921;

export interface DownloadCounter {
  /** @param path `/versions/@scope/name/1.2.0/signature.json` @param address of the client, where it is known */
  count(path: string, address: string | undefined): void;
  /** Writes what was counted until now. @throws what the database throws; it is then still to be written */
  flush(): Promise<void>;
  /** Writes the rest. */
  close(): Promise<void>;
}

interface Counted {
  day: string;
  package: string;
  version: string;
  client: string;
}

/** @param secret known to all processes of the registry: without it nobody can tell an address from its hash */
export function startDownloadCounter(
  db: Database,
  secret: string,
  log: Logger,
  now = () => new Date(),
): DownloadCounter {
  let pending = new Map<string, Counted>();

  async function flush(): Promise<void> {
    if (pending.size === 0) return;
    const batch = pending;
    pending = new Map();
    try {
      await write(db, [...batch.values()]);
    } catch (error) {
      for (const [key, counted] of batch) if (pending.size < MAX_PENDING) pending.set(key, counted);
      throw error;
    }
  }

  let running: Promise<void> = Promise.resolve();
  const flushQuietly = () =>
    flush().catch((error: unknown) => log.warn({ err: error }, "downloads could not be written, for now"));
  const timer = setInterval(() => {
    running = running.then(flushQuietly);
  }, FLUSH_MS);
  timer.unref();

  return {
    count(path, address) {
      const [, , scope = "", name = "", version = ""] = path.split("/");
      if (pending.size >= MAX_PENDING) return;
      const day = now().toISOString().slice(0, 10);
      const client = createHmac("sha256", secret)
        .update(`${day} ${address}`)
        .digest("base64url")
        .slice(0, 16);
      pending.set(`${day} ${path} ${client}`, { day, package: `${scope}/${name}`, version, client });
    },
    flush,
    async close() {
      clearInterval(timer);
      await running;
      await flushQuietly();
    },
  };
}

async function write(db: Database, counted: readonly Counted[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${FLUSH_LOCK}::bigint)`);
    await tx.execute(sql`
      with seen as (
        insert into download_clients (day, package, version, client)
        select day, package, version, client
          from jsonb_to_recordset(${JSON.stringify(counted)}::text::jsonb)
            as c(day date, package text, version text, client text)
        on conflict do nothing returning day, package, version),
      sums as (select day, package, version, count(*) as n from seen group by day, package, version),
      written as (
        insert into downloads as d (package, version, day, count) select package, version, day, n from sums
        on conflict (package, day, version) do update set count = d.count + excluded.count)
      update search_entries as e set downloads = e.downloads + s.n
        from (select package, sum(n) as n from sums group by package) as s where e.package = s.package`);
    await tx.execute(sql`delete from download_clients where day < (now() at time zone 'utc')::date - 1`);
  });
}
