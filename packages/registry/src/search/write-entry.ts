// SPDX-License-Identifier: Apache-2.0
import { type PackageName, scopeOf } from "@lora/client/names";
import { newestVersion, type Version } from "@lora/client/versions";
import { and, eq, isNull, sql } from "drizzle-orm";
import { type Transaction, tables } from "../database/index.ts";
import { wordsOf } from "./words.ts";

/**
 * What words find of a package: its name, and what its newest version says of itself. A package whose versions are all
 * yanked is not found. To be called by the transaction that changed its versions, with the package's row locked.
 */
export async function writeSearchEntry(tx: Transaction, name: PackageName): Promise<void> {
  await writeFits(tx, name);
  const { searchEntries, versions } = tables;
  const rows = await tx
    .select({
      version: versions.version,
      publishedAt: versions.publishedAt,
      description: versions.description,
      keywords: versions.keywords,
    })
    .from(versions)
    .where(and(eq(versions.package, name), isNull(versions.yanked)));
  const newest = newestVersion(rows.map(({ version }) => version as Version));
  const row = rows.find(({ version }) => version === newest);
  if (row === undefined) {
    await tx.delete(searchEntries).where(eq(searchEntries.package, name));
    return;
  }
  const [named, keywords, description] = [
    wordsOf(name),
    wordsOf(row.keywords.join(" ")),
    wordsOf(row.description ?? ""),
  ];
  const told = description.join(" ");
  const lexemes = [...weigh(named, "A"), ...weigh(keywords, "B"), ...weigh(description, "C")].join(" ");
  const entry = {
    scope: scopeOf(name),
    words: [...named, ...keywords, ...description].join(" "),
    // As they are written, and the stems of what is probably English.
    vector: sql<string>`${lexemes}::tsvector || setweight(to_tsvector('english', ${told}::text), 'C')`,
    releasedAt: row.publishedAt,
  };
  await tx
    .insert(searchEntries)
    .values({ package: name, ...entry })
    .onConflictDoUpdate({ target: searchEntries.package, set: entry });
}

async function writeFits(tx: Transaction, name: PackageName): Promise<void> {
  const { adapters, bases, searchFits, versions } = tables;
  await tx.delete(searchFits).where(eq(searchFits.package, name));
  // A version without adapters is a row without a base.
  const fits = tx
    .selectDistinct({
      package: versions.package,
      base: adapters.base,
      architecture: bases.architecture,
      rank: adapters.rank,
    })
    .from(versions)
    .leftJoin(adapters, eq(adapters.versionId, versions.id))
    .leftJoin(bases, eq(bases.fingerprint, adapters.base))
    .where(and(eq(versions.package, name), isNull(versions.yanked)));
  await tx.insert(searchFits).select(fits);
}

/** In the form of a tsvector's text: `'sql':1A`. Positions matter to no query here. */
function weigh(words: readonly string[], weight: "A" | "B" | "C"): string[] {
  return words.map((word, i) => `'${word}':${i + 1}${weight}`);
}
