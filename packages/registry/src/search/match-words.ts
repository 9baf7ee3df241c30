// SPDX-License-Identifier: Apache-2.0
/**
 * Which packages words find, and how well. Every word has to be found: as it is, as an English stem or as the beginning of
 * a word; and where that finds little, with two letters swapped or in place of another word that it shares trigrams with.
 */
import { and, type SQL, sql } from "drizzle-orm";
import { type Queryable, query, tables } from "../database/index.ts";
import { hasAll } from "./facets.ts";
import { swapsOf, wordsOf } from "./words.ts";

/** More make no search better, and each costs a look into two indexes. */
const MAX_WORDS = 8;
/** Shorter words begin too many others. */
const MIN_PREFIX_LENGTH = 2;
/** Shorter words share their few trigrams with too many others. */
const MIN_TYPO_LENGTH = 4;
/** So many words, the likest first, may be what was meant. By pg_trgm's own threshold: `uppar` and `upper` share 0.33. */
const MAX_MEANT = 4;

const { package: name, vector } = tables.searchEntries;

export interface WordMatch {
  /** The words are there. */
  asWritten: ScoredMatch;
  /** The words are there, or something that they may be slips of: what that is, is looked up. */
  withSlips(db: Queryable): Promise<ScoredMatch>;
  /** Where words are so common that not every match can be weighed: the name has them, or is them. They are there as written. */
  named: SQL;
  isName: SQL;
}

export interface ScoredMatch {
  condition: SQL;
  /** Whole, so that it is the same on the next page; 1000 is about a word of the name. */
  score: SQL<number>;
}

/** Undefined when there is no word in the text. */
export function matchWords(text: string): WordMatch | undefined {
  const words = [...new Set(wordsOf(text))].slice(0, MAX_WORDS);
  if (words.length === 0) return undefined;
  const scored = (scores: readonly SQL[]) => {
    const sum = sql.join([...scores], sql` + `);
    return sql<number>`(${exactName(text, words)} + round(1000 * (${sum}) / ${words.length}::int))::int`;
  };
  return {
    asWritten: {
      condition: and(...words.map((word) => sql`${vector} @@ ${begun(word)}`)) as SQL,
      score: scored(words.map((word) => scoreOf(word, []))),
    },
    withSlips: async (db) => {
      const meant = await readMeant(db, words);
      const meantBy = (word: string) => meant.filter((row) => row.word === word);
      return {
        condition: and(...words.map((word) => sql`${vector} @@ ${slipped(word, meantBy(word))}`)) as SQL,
        score: scored(words.map((word) => scoreOf(word, meantBy(word)))),
      };
    },
    named: hasAll(words.map((word) => sql`${`n:${word}`}`)),
    isName: hasAll([sql`${`e:${words.join(" ")}`}`]),
  };
}

interface Meant {
  word: string;
  meant: string;
  /** Over 0, to 1. */
  similarity: number;
}

/** What each word may be a slip of, the likest first. Words hold letters and digits only. */
async function readMeant(db: Queryable, words: readonly string[]): Promise<Meant[]> {
  const long = words.filter((word) => [...word].length >= MIN_TYPO_LENGTH);
  if (long.length === 0) return [];
  return query<Meant>(
    db,
    sql`select t.word, m.meant, m.similarity from jsonb_array_elements_text(${JSON.stringify(long)}::text::jsonb) as t(word),
      lateral (select w.word as meant, similarity(w.word, t.word) as similarity from search_words as w where w.word % t.word
        order by similarity(w.word, t.word) desc, w.word limit ${MAX_MEANT}::int) as m
      order by t.word, m.similarity desc, m.meant`,
  );
}

/** Whoever types a package's name means that package. */
function exactName(text: string, words: readonly string[]): SQL {
  const typed = text.trim().toLowerCase();
  const bare = sql`split_part(${name}, '/', 2)`;
  return sql`case when ${name} = ${typed} then 10000
    when ${bare} = ${typed} or translate(${bare}, '-._', '   ') = ${words.join(" ")} then 5000 else 0 end`;
}

function scoreOf(word: string, meant: readonly Meant[]): SQL {
  const slips = meant.map(
    (slip) => sql`when ${vector} @@ ${`'${slip.meant}'`}::tsquery then 0.2 * ${slip.similarity}::float8`,
  );
  return sql`case when ${vector} @@ ${exact(word)} then 0.4 + ts_rank(${vector}, ${exact(word)})
    when ${vector} @@ ${slipped(word, [])} then 0.2 + ts_rank(${vector}, ${slipped(word, [])}) / 2
    ${sql.join(slips, sql` `)} else 0 end`;
}

function exact(word: string): SQL {
  return anyOf(word, [`'${word}'`]);
}

function begun(word: string): SQL {
  return anyOf(word, [beginning(word)]);
}

function slipped(word: string, meant: readonly Meant[]): SQL {
  const others = [...swapsOf(word), ...meant.map((slip) => slip.meant)];
  return anyOf(word, [beginning(word), ...others.map((other) => `'${other}'`)]);
}

function beginning(word: string): string {
  return [...word].length < MIN_PREFIX_LENGTH ? `'${word}'` : `'${word}':*`;
}

/** One of the lexemes, or the word in another form. */
function anyOf(word: string, lexemes: readonly string[]): SQL {
  return sql`(${lexemes.join(" | ")}::tsquery || plainto_tsquery('english', ${word}::text))`;
}
