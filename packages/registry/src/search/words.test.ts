// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { swapsOf, wordsOf } from "./words.ts";

it.each([
  ["@demo/sql-writer 3.1", ["demo", "sql", "writer", "3", "1"]],
  ["Пишет СТИХИ", ["пишет", "стихи"]],
  ["ﬁne １２", ["fine", "12"]],
  ["' \\ : * & | ! ( ) \u0000 \u202e", []],
])("%j has the words %j", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

it("cuts a long word without halving a character", () => {
  expect(wordsOf(`a${"𐐨".repeat(80)}`)[0]?.isWellFormed()).toBe(true);
});

it("swaps each pair of neighbours, in words that are long enough", () => {
  expect(swapsOf("abcd")).toEqual(["bacd", "acbd", "abdc"]);
  expect(swapsOf("sql")).toEqual([]);
});
