// SPDX-License-Identifier: Apache-2.0
/**
 * Which packages words find, and how well. Every word has to be found: as it is, as an English stem, as the beginning of
 * a word, with two letters swapped, or by trigrams that it shares with a word.
 */
import { and, or, type SQL, sql } from "drizzle-orm";
import { tables } from "../database/index.ts";
import { swapsOf, wordsOf } from "./words.ts";

/** More make no search better, and each costs a look into two indexes. */
const MAX_WORDS = 8;
/** Shorter words begin too many others. */
const MIN_PREFIX_LENGTH = 2;
/** Share of trigrams that makes a word a misspelling: `uppar` and `upper` have 0.33 in common. */
export const TYPO_SIMILARITY = 0.3;

const { package: name, vector, words: text } = tables.searchEntries;

/** Undefined when there is no word in the text. */
export function matchWords(query: string): { condition: SQL; score: SQL<number> } | undefined {
  const words = [...new Set(wordsOf(query))].slice(0, MAX_WORDS);
  if (words.length === 0) return undefined;
  const conditions = words.map((word) => or(sql`${vector} @@ ${loose(word)}`, sql`${word} <<% ${text}`));
  const scores = words.map(scoreOf);
  const sum = sql.join(scores, sql` + `);
  return {
    condition: and(...conditions) as SQL,
    // A whole number, so that it is the same on the next page; 1000 is about a word of the name.
    score: sql<number>`(${exactName(query, words)} + round(1000 * (${sum}) / ${words.length}::int))::int`,
  };
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
    when ${vector} @@ ${loose(word)} then 0.2 + ts_rank(${vector}, ${loose(word)}) / 2
    else 0.2 * strict_word_similarity(${word}, ${text}) end`;
}

function exact(word: string): SQL {
  return sql`(${`'${word}'`}::tsquery || plainto_tsquery('english', ${word}::text))`;
}

function loose(word: string): SQL {
  const beginning = [...word].length < MIN_PREFIX_LENGTH ? `'${word}'` : `'${word}':*`;
  const lexemes = [beginning, ...swapsOf(word).map((swap) => `'${swap}'`)].join(" | ");
  return sql`(${lexemes}::tsquery || plainto_tsquery('english', ${word}::text))`;
}
