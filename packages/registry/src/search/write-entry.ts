// SPDX-License-Identifier: Apache-2.0
import { type PackageName, scopeOf } from "@lora/client/names";
import { newestVersion, type Version } from "@lora/client/versions";
import { and, eq, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import { type Transaction, tables } from "../database/index.ts";
import { writeFacets } from "./facets.ts";
import { wordsOf } from "./words.ts";

/**
 * What words find of packages: their names, and what the newest live version says of itself. A package whose versions are
 * all yanked is not found. To be called by the transaction that changed its versions, with the packages' rows locked.
 */
export async function writeSearchEntries(tx: Transaction, names: readonly PackageName[]): Promise<void> {
  await writeFits(tx, names);
  const { searchEntries, versions } = tables;
  const rows = await tx
    .select({
      package: versions.package,
      version: versions.version,
      publishedAt: versions.publishedAt,
      description: versions.description,
      keywords: versions.keywords,
    })
    .from(versions)
    .where(isFound(names));
  const byPackage = Map.groupBy(rows, (row) => row.package as PackageName);
  const entries = [...byPackage].flatMap(([name, own]) => {
    const newest = newestVersion(own.map(({ version }) => version as Version));
    const row = own.find(({ version }) => version === newest);
    return row === undefined ? [] : [entryOf(name, row)];
  });
  const gone = names.filter((name) => !byPackage.has(name));
  if (gone.length > 0) await tx.delete(searchEntries).where(inArray(searchEntries.package, gone));
  if (entries.length === 0) return;
  await tx
    .insert(searchEntries)
    .values(entries)
    .onConflictDoUpdate({
      target: searchEntries.package,
      set: {
        scope: sql`excluded.scope`,
        words: sql`excluded.words`,
        vector: sql`excluded.vector`,
        releasedAt: sql`excluded.released_at`,
        isPrivate: sql`excluded.is_private`,
      },
    });
  await tx.execute(writeFacets(entries.map((entry) => entry.package)));
  await writeWords(tx, new Set(entries.flatMap((entry) => entry.words.split(" "))));
}

function entryOf(
  name: PackageName,
  row: { publishedAt: Date; description: string | null; keywords: string[] },
) {
  const [named, keywords, description] = [
    wordsOf(name),
    wordsOf(row.keywords.join(" ")),
    wordsOf(row.description ?? ""),
  ];
  const told = description.join(" ");
  const lexemes = [...weigh(named, "A"), ...weigh(keywords, "B"), ...weigh(description, "C")].join(" ");
  return {
    package: name,
    scope: scopeOf(name),
    words: [...named, ...keywords, ...description].join(" "),
    // As they are written, and the stems of what is probably English.
    vector: sql<string>`${lexemes}::tsvector || setweight(to_tsvector('english', ${told}::text), 'C')`,
    releasedAt: row.publishedAt,
    // Of a package that was not to be found before, and was fetched before that.
    downloads: sql<number>`(select coalesce(sum(count), 0) from downloads as d where d.package = ${name})`,
    isPrivate: sql<boolean>`(select ${tables.packages.isPrivate} from ${tables.packages} where ${tables.packages.name} = ${name})`,
  };
}

async function writeWords(tx: Transaction, words: ReadonlySet<string>): Promise<void> {
  // In one order for everybody: two publishes must not wait for each other's words crosswise.
  const sorted = JSON.stringify([...words].sort());
  await tx.execute(sql`insert into search_words
    select w from jsonb_array_elements_text(${sorted}::text::jsonb) with ordinality as t(w, i) where w <> '' order by i
    on conflict do nothing`);
}

function isFound(names: readonly PackageName[]): SQL | undefined {
  const { versions } = tables;
  return and(inArray(versions.package, [...names]), isNull(versions.yanked), isNotNull(versions.logIndex));
}

async function writeFits(tx: Transaction, names: readonly PackageName[]): Promise<void> {
  const { adapters, bases, searchFits, versions } = tables;
  await tx.delete(searchFits).where(inArray(searchFits.package, [...names]));
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
    .where(isFound(names));
  await tx.insert(searchFits).select(fits);
}

/** In the form of a tsvector's text: `'sql':1A`. Positions matter to no query here. */
function weigh(words: readonly string[], weight: "A" | "B" | "C"): string[] {
  return words.map((word, i) => `'${word}':${i + 1}${weight}`);
}
