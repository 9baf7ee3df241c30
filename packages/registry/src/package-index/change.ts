// SPDX-License-Identifier: Apache-2.0
import type { PackageIndex } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import { eq } from "drizzle-orm";
import { type Database, type Transaction, tables } from "../database/index.ts";
import { announceChange } from "../read-cache/index.ts";
import { writeSearchEntry } from "../search/write-entry.ts";
import { renderPackageIndex } from "./render.ts";

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
    const locked = tx.select({ name: packages.name }).from(packages).where(eq(packages.name, name));
    if ((await locked.for("update")).length === 0) {
      throw new LoraError("PACKAGE_NOT_FOUND", `there is no package ${name}`);
    }
    const result = await change(tx);
    return { result, index: await rewritePackageIndex(tx, name) };
  });
}

/** Writes what follows from a package's rows. To be called with the package's row locked, after the last change. */
export async function rewritePackageIndex(tx: Transaction, name: PackageName): Promise<PackageIndex> {
  const { index, text, etag } = await renderPackageIndex(tx, name);
  await tx
    .update(tables.packages)
    .set({ indexText: text, indexEtag: etag })
    .where(eq(tables.packages.name, name));
  await writeSearchEntry(tx, name);
  await announceChange(tx, name);
  return index;
}
