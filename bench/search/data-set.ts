// SPDX-License-Identifier: Apache-2.0
/**
 * A registry's tables as they are with many packages, without a publish each. Words are as unevenly common as those of a
 * language, licences and bases as those of a community: a few have nearly everything.
 */
import type { Database } from "../../packages/registry/dist/index.js";
import { writeFacets } from "../../packages/registry/dist/search/facets.js";
import { wordsOf } from "../../packages/registry/dist/search/words.js";

const BATCH = 2000;
const VOCABULARY = 4000;
const LICENSES = ["Apache-2.0", "MIT", "CC-BY-4.0", "GPL-3.0-only", "CC0-1.0", "BSD-3-Clause", "OpenRAIL"];
const BASES = 200;
const SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu ran tel mor sin dap".split(
  " ",
);

export const baseOf = (i: number) => `lfp1:${i.toString(16).padStart(64, "0")}`;

/** The same numbers in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The word of a rank in the order of how common it is: 0 is in every tenth description. */
export function wordOf(rank: number): string {
  const parts = [];
  for (let left = rank + 25; left > 0; left = Math.floor(left / SYLLABLES.length))
    parts.push(SYLLABLES[left % SYLLABLES.length]);
  return parts.join("");
}

export async function fillRegistry(db: Database, packages: number): Promise<void> {
  const random = randomFrom(7);
  const rank = () => Math.floor(VOCABULARY ** random()) - 1;
  await db.execute(`insert into scopes (name, skeleton, created_at)
    select '@s' || i, 's' || i, now() from generate_series(0, 999) as i`);
  await db.execute(`insert into bases (fingerprint, record_text, record_etag)
    select 'lfp1:' || lpad(to_hex(i), 64, '0'),
      json_build_object('architecture', case when i % 3 = 0 then 'qwen2' else 'llama' end)::text, ''
    from generate_series(0, ${BASES - 1}) as i`);
  for (let from = 0; from < packages; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, packages - from) }, (_, i) => {
      const n = from + i;
      const name = `@s${Math.floor(1000 ** random()) - 1}/${wordOf(rank())}-${wordOf(rank())}-${n.toString(36)}`;
      const keywords = Array.from({ length: 3 }, () => wordOf(rank()));
      const description = Array.from({ length: 6 + Math.floor(random() * 10) }, () => wordOf(rank())).join(
        " ",
      );
      const [named, told] = [wordsOf(name), wordsOf(description)];
      const weigh = (words: string[], weight: string) =>
        words.map((word, at) => `'${word}':${at + 1}${weight}`);
      return {
        name,
        scope: name.split("/")[0],
        license: LICENSES[Math.floor(LICENSES.length ** random()) - 1],
        keywords,
        description,
        words: [...named, ...keywords, ...told].join(" "),
        lexemes: [...weigh(named, "A"), ...weigh(keywords, "B"), ...weigh(told, "C")].join(" "),
        told: told.join(" "),
        base: baseOf(Math.floor(BASES ** random()) - 1),
        rank: 2 ** (2 + Math.floor(random() * 5)),
        versions: 1 + Math.floor(random() * 3),
        at: new Date(1_700_000_000_000 + n * 60_000).toISOString(),
        downloads: Math.floor(1_000_000 ** random()),
      };
    });
    await insertRows(db, rows);
  }
  await db.execute(`vacuum analyze`);
}

async function insertRows(db: Database, rows: readonly { name: string }[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(`create temporary table r on commit drop as
      select * from jsonb_to_recordset(${literal(JSON.stringify(rows))}::jsonb) as r(name text, scope text, license text, keywords jsonb,
        description text, words text, lexemes text, told text, base text, rank int, versions int, at timestamptz,
        downloads bigint)`);
    await tx.execute(`insert into packages (name, scope, created_at, index_text, index_etag)
      select name, scope, at, '{}', '""' from r`);
    await tx.execute(`insert into versions (package, version, release_id, key_id, bundle, published_at, dependencies,
        optional_dependencies, conflicts, description, license, keywords, log_index)
      select name, '1.' || v || '.0', md5(name || v), 'key', '{}', at, '{}', '{}', '{}', description, license, keywords, 0
      from r, generate_series(0, versions - 1) as v`);
    await tx.execute(`insert into blobs (sha256, size_bytes) select md5(name), 1000000 from r`);
    await tx.execute(`insert into version_files (version_id, name, sha256)
      select v.id, 'a.gguf', md5(r.name) from r join versions as v on v.package = r.name`);
    await tx.execute(`insert into adapters (version_id, position, file, base, base_name, rank, alpha, targets)
      select v.id, 0, 'a.gguf', r.base, 'base', r.rank, 16, '[]' from r join versions as v on v.package = r.name`);
    await tx.execute(`insert into search_entries (package, scope, words, vector, released_at, downloads)
      select name, scope, words, lexemes::tsvector || setweight(to_tsvector('english', told), 'C'), at, downloads from r`);
    await tx.execute(`insert into search_words
      select distinct w from r, regexp_split_to_table(words, ' ') as w on conflict do nothing`);
    await tx.execute(`insert into search_fits (package, base, architecture, rank)
      select r.name, r.base, b.architecture, r.rank from r join bases as b on b.fingerprint = r.base`);
    await tx.execute(writeFacets(rows.map(({ name }) => name)));
  });
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
