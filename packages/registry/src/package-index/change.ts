// SPDX-License-Identifier: Apache-2.0
import type { PackageIndex } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import { and, eq, ne, sql } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../database/index.ts";
import { announceChanges } from "../read-cache/index.ts";
import { writeSearchEntries } from "../search/write-entry.ts";
import { renderPackageIndexes } from "./render.ts";

/**
 * Changes rows of a package that exists, and with them its index file: all of it or nothing. Changes of one package,
 * publishes among them, wait for each other.
 * @returns what `change` returned, and the index as it is now served
 * @throws LoraError PACKAGE_NOT_FOUND, and whatever `change` throws
 */
export async function changePackage<Result>(
  db: Database,
  name: PackageName,
  change: (tx: Transaction) => Promise<Result>,
): Promise<{ result: Result; index: PackageIndex }> {
  const { packages } = tables;
  return db.transaction(async (tx) => {
    const locked = tx
      .select({ name: packages.name })
      .from(packages)
      // A package whose first version waits for the log has no index yet: nobody sees it.
      .where(and(eq(packages.name, name), ne(packages.indexText, "")));
    if ((await locked.for("update")).length === 0) {
      throw new LoraError("PACKAGE_NOT_FOUND", `there is no package ${name}`);
    }
    const result = await change(tx);
    return { result, index: await rewritePackageIndex(tx, name) };
  });
}

/** Writes what follows from a package's rows. To be called with the package's row locked, after the last change. */
export async function rewritePackageIndex(tx: Transaction, name: PackageName): Promise<PackageIndex> {
  const index = (await rewritePackageIndexes(tx, [name])).get(name);
  if (index === undefined) throw new Error(`no index was rendered for ${name}`);
  return index;
}

/** The same for many at once, in as many queries as for one. */
export async function rewritePackageIndexes(
  tx: Transaction,
  names: readonly PackageName[],
): Promise<Map<PackageName, PackageIndex>> {
  const rendered = await renderPackageIndexes(tx, names);
  const rows = [...rendered].map(([name, { text, etag }]) => ({ name, text, etag }));
  await tx.execute(sql`
    update ${tables.packages} as p set index_text = r.text, index_etag = r.etag
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r(name text, text text, etag text)
    where p.name = r.name`);
  await writeSearchEntries(tx, names);
  await announceChanges(tx, names);
  return new Map([...rendered].map(([name, { index }]) => [name, index]));
}
