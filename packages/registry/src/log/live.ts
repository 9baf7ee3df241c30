// SPDX-License-Identifier: Apache-2.0
/** What becomes true when an entry gets into the log: to be called by the transaction that puts it there. */
import type { PackageName } from "@lora/client/names";
import { sql } from "drizzle-orm";
import { type Transaction, tables } from "../database/index.ts";
import { settleTakedowns } from "../operations/take-down.ts";
import { rewritePackageIndexes } from "../package-index/change.ts";
import type { PlacedEntry } from "./batch.ts";

export async function makeLive(tx: Transaction, placed: readonly PlacedEntry[]): Promise<void> {
  const of = (...types: string[]) => placed.filter(({ entry }) => types.includes(entry.t));
  await makeVersionsLive(tx, of("publish"));
  await makeTakedownsLive(tx, of("takedown"));
  await settleKeys(tx, of("scope.create", "key.add", "key.reset", "key.revoke"));
}

async function makeVersionsLive(tx: Transaction, placed: readonly PlacedEntry[]): Promise<void> {
  if (placed.length === 0) return;
  const rows = placed.map(({ index, entry }) => ({ ...entry, index }));
  const { blobs, versionFiles, versions } = tables;
  await tx.execute(sql`
    with live as (
      update ${versions} as v set log_index = e.index
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as e(pkg text, version text, index bigint)
      where v.package = e.pkg and v.version = e.version and v.log_index is null
      returning v.id)
    update ${blobs} set is_live = true
    where not is_live and sha256 in (
      select f.sha256 from ${versionFiles} f join live on live.id = f.version_id)`);
  const packages = new Set(rows.map((row) => ("pkg" in row ? row.pkg : "") as PackageName));
  await rewritePackageIndexes(tx, [...packages]);
}

async function makeTakedownsLive(tx: Transaction, placed: readonly PlacedEntry[]): Promise<void> {
  const rows = placed.flatMap(({ index, entry }) =>
    entry.t === "takedown" ? [{ index, pkg: entry.pkg, version: entry.version }] : [],
  );
  if (rows.length === 0) return;
  await settleTakedowns(tx, rows);
  await rewritePackageIndexes(tx, [...new Set(rows.map(({ pkg }) => pkg))]);
}

async function settleKeys(tx: Transaction, placed: readonly PlacedEntry[]): Promise<void> {
  const { scopeKeys, scopes } = tables;
  for (const { index, entry } of placed) {
    if (entry.t === "scope.create") {
      await tx.execute(sql`update ${scopes} set log_index = ${index} where name = ${entry.scope}`);
    } else if (entry.t === "key.add" || entry.t === "key.reset") {
      await tx.execute(
        sql`update ${scopeKeys} set log_index = ${index} where scope = ${entry.scope} and key_id = ${entry.keyid}`,
      );
    } else if (entry.t === "key.revoke") {
      await tx.execute(
        sql`update ${scopeKeys} set revoked_index = ${index}, valid_before = ${entry.validBefore}
            where scope = ${entry.scope} and key_id = ${entry.keyid}
              and (valid_before is null or valid_before > ${entry.validBefore})`,
      );
    }
  }
}
