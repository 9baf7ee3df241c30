// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { describeBytes, describeDuration, describeTime, printable } from "./describe.ts";

test.each([
  ["plain text, ünïcödé included", "plain text, ünïcödé included"],
  ["\u001b[31mred\u001b[0m", "?[31mred?[0m"],
  ["two\nlines\r\n", "two?lines??"],
  ["\u202egnp.exe\u2066x", "?gnp.exe?x"],
  ["zero\u200bwidth\u2028line", "zero?width?line"],
  ["a".repeat(101), `${"a".repeat(100)}…`],
])("%j is printed as %j", (text, expected) => {
  expect(printable(text)).toBe(expected);
});

test.each([
  [0, "0s"],
  [45_000, "45s"],
  [90_000, "90s"],
  [5_400_000, "90m"],
  [36 * 3_600_000, "36h"],
  [72 * 3_600_000, "3d"],
])("%d ms is written %s, as lora.json has it", (milliseconds, expected) => {
  expect(describeDuration(milliseconds)).toBe(expected);
});

test("bytes are exact", () => {
  expect([0, 999, 1000, 12_345_678].map(describeBytes)).toEqual([
    "0 bytes",
    "999 bytes",
    "1,000 bytes",
    "12,345,678 bytes",
  ]);
});

test("times are told in UTC, to the minute", () => {
  expect(describeTime("2026-11-19T10:59:59.999+01:00")).toBe("2026-11-19 09:59 UTC");
});
