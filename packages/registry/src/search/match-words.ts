// SPDX-License-Identifier: Apache-2.0
/**
 * Which packages words find, and how well. Every word has to be found: as it is, as an English stem or as the beginning of
 * a word; and where that finds little, with two letters swapped or in place of another word that it shares trigrams with.
 */
import { and, type SQL, sql } from "drizzle-orm";
import { tables } from "../database/index.ts";
import { hasAll } from "./facets.ts";
import { swapsOf, wordsOf } from "./words.ts";

/** More make no search better, and each costs a look into two indexes. */
const MAX_WORDS = 8;
/** Shorter words begin too many others. */
const MIN_PREFIX_LENGTH = 2;
/** Shorter words share their few trigrams with too many others. */
const MIN_TYPO_LENGTH = 4;
/** So many words, the likest first, may be what was meant. By pg_trgm's own threshold: `uppar` and `upper` share 0.33. */
const MAX_MEANT = 8;

const { package: name, vector, words: text } = tables.searchEntries;

export interface WordMatch {
  /** The words are there. */
  asWritten: SQL;
  /** The words are there, or something that they may be slips of. */
  withSlips: SQL;
  /** Where words are so common that not every match can be weighed: the name has them, or is them. */
  named: SQL;
  isName: SQL;
  /** Whole, so that it is the same on the next page; 1000 is about a word of the name. */
  score: SQL<number>;
}

/** Undefined when there is no word in the text. */
export function matchWords(query: string): WordMatch | undefined {
  const words = [...new Set(wordsOf(query))].slice(0, MAX_WORDS);
  if (words.length === 0) return undefined;
  const sum = sql.join(words.map(scoreOf), sql` + `);
  return {
    asWritten: and(...words.map((word) => sql`${vector} @@ ${begun(word)}`)) as SQL,
    withSlips: and(...words.map(matchSlips)) as SQL,
    named: hasAll(words.map((word) => sql`${`n:${word}`}`)),
    isName: hasAll([sql`${`e:${words.join(" ")}`}`]),
    score: sql<number>`(${exactName(query, words)} + round(1000 * (${sum}) / ${words.length}::int))::int`,
  };
}

function matchSlips(word: string): SQL {
  if ([...word].length < MIN_TYPO_LENGTH) return sql`${vector} @@ ${slipped(word)}`;
  // Words hold letters and digits only. Looked up once, before the entries are.
  return sql`${vector} @@ (select ${slipped(word)} || coalesce(string_agg(quote_literal(w.word), ' | ')::tsquery, ''::tsquery)
    from (select word from search_words where word % ${word}::text
      order by similarity(word, ${word}::text) desc, word limit ${MAX_MEANT}::int) as w)`;
}

/** Whoever types a package's name means that package. */
function exactName(query: string, words: readonly string[]): SQL {
  const typed = query.trim().toLowerCase();
  const bare = sql`split_part(${name}, '/', 2)`;
  return sql`case when ${name} = ${typed} then 10000
    when ${bare} = ${typed} or translate(${bare}, '-._', '   ') = ${words.join(" ")} then 5000 else 0 end`;
}

function scoreOf(word: string): SQL {
  return sql`case when ${vector} @@ ${exact(word)} then 0.4 + ts_rank(${vector}, ${exact(word)})
    when ${vector} @@ ${slipped(word)} then 0.2 + ts_rank(${vector}, ${slipped(word)}) / 2
    else 0.2 * strict_word_similarity(${word}, ${text}) end`;
}

function exact(word: string): SQL {
  return anyOf(word, [`'${word}'`]);
}

function begun(word: string): SQL {
  return anyOf(word, [beginning(word)]);
}

function slipped(word: string): SQL {
  return anyOf(word, [beginning(word), ...swapsOf(word).map((swap) => `'${swap}'`)]);
}

function beginning(word: string): string {
  return [...word].length < MIN_PREFIX_LENGTH ? `'${word}'` : `'${word}':*`;
}

/** One of the lexemes, or the word in another form. */
function anyOf(word: string, lexemes: readonly string[]): SQL {
  return sql`(${lexemes.join(" | ")}::tsquery || plainto_tsquery('english', ${word}::text))`;
}
