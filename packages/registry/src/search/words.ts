// SPDX-License-Identifier: Apache-2.0
/**
 * Words, cut the same way where they are stored and where they are asked for. Not by the database's parser: that one
 * depends on its locale, and keeps `sql-writer` or `3.1` as one word.
 *
 *     @demo/sql-writer 3.1   demo sql writer 3 1
 */

/** Longer ones are cut. A lexeme may have 2046 bytes. */
const MAX_WORD_LENGTH = 100;

/** Lower-case letters, marks and digits only: safe inside the quotes of a tsvector or tsquery. */
export function wordsOf(text: string): string[] {
  const words = text
    .normalize("NFKC")
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  return (words ?? []).map((word) => word.slice(0, MAX_WORD_LENGTH).toWellFormed());
}

/** A word with two neighbours swapped, each way: the slip that trigrams are worst at. */
export function swapsOf(word: string): string[] {
  const letters = [...word];
  if (letters.length < 4) return [];
  return letters.slice(1).map((letter, i) => {
    return [...letters.slice(0, i), letter, letters[i], ...letters.slice(i + 2)].join("");
  });
}
