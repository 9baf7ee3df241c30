// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { MAX_EXPRESSIONS, MAX_PATTERN_LENGTH, MAX_PATTERNS, parsePatterns, valueFor } from "./patterns.ts";
import { peftConfig } from "./peft.test.support.ts";
import { parsePeftConfig } from "./peft-config.ts";

const Q0 = "model.layers.0.self_attn.q_proj";
const matches = (key: string, module: string) =>
  valueFor(parsePatterns({ [key]: 1 }, "config", "alpha_pattern"), module, 0) === 1;

describe("keys of patterns", () => {
  // What Python's re.match(rf"(.*\.)?({key})$", module) gives.
  it.each([
    ["q_proj", Q0, true],
    ["proj", Q0, false],
    ["self_attn.q_proj", Q0, true],
    ["layers.0.self_attn.q_proj", Q0, true],
    ["ayers.0.self_attn.q_proj", Q0, false],
    [Q0, Q0, true],
    [`base_model.model.${Q0}`, Q0, false],
    ["layers.1.self_attn.q_proj", Q0, false],
    ["layers.0", Q0, false],
    ["self.attn.q.proj", Q0, true],
    ["q_proj", "q_proj", true],
    ["^model.layers.0.self_attn.q_proj", Q0, true],
    ["^layers.0.self_attn.q_proj", Q0, false],
    ["q_proj$", Q0, true],
    [String.raw`model\.layers\.[0-3]\.self_attn\.q_proj`, Q0, true],
    [String.raw`model\.layers\.[1-3]\..*`, Q0, false],
    [String.raw`layers\.\d+\.self_attn\.(q|k)_proj`, Q0, true],
    ["(?:q|v)_proj", Q0, true],
    ["q_proj|v_proj", Q0, true],
    ["k_proj|v_proj", Q0, false],
    [".*", Q0, true],
    ["layers.0.*", Q0, true],
    ["[^.]+", Q0, true],
    [String.raw`\w{6}`, Q0, true],
    [String.raw`\w{7,}`, Q0, false],
    // The bracket closes the group that PEFT opens, so nothing holds the first of the two at the end.
    ["layers)|(nothing", Q0, true],
  ])("%s and %s: %s", (key, module, expected) => {
    expect(matches(key, module)).toBe(expected);
  });

  it("count in the order of the file", () => {
    const patterns = parsePatterns(
      { q_proj: 1, "layers.0.self_attn.q_proj": 2, "[qk]_proj": 3 },
      "config",
      "p",
    );
    expect(valueFor(patterns, Q0, 9)).toBe(1);
    expect(valueFor(patterns, "model.layers.0.self_attn.k_proj", 9)).toBe(3);
    expect(valueFor(patterns, "model.layers.0.self_attn.v_proj", 9)).toBe(9);
  });

  it.each([
    ["a look at what follows", "(?=q)q_proj"],
    ["a look at what is before", "(?<=x)q_proj"],
    ["a flag", "(?i)Q_PROJ"],
    ["a named group", "(?P<x>q)_proj"],
    ["a reference", String.raw`(q)\1_proj`],
    ["a class of the one dialect", "[[:alpha:]]_proj"],
    ["an escape of the other", String.raw`q_proj\Z`],
    ["a count that means something else in the other", "q_pro{,2}j"],
    ["a possessive repetition", "q_pro++j"],
    ["a group that stays open", "(q_proj"],
    ["an umlaut", "ä_proj"],
  ])("are refused with %s", (_, key) => {
    expect(() => parsePatterns({ [key]: 1 }, "config", "rank_pattern")).toThrow(
      expect.objectContaining({ code: "PEFT_UNSUPPORTED", message: expect.stringContaining("rank_pattern") }),
    );
  });

  it("take no more time with what backtracking would explode on", () => {
    // 2^90 ways to split the name for an engine that tries them.
    expect(matches(String.raw`(\w+\w+)+x`, "a".repeat(90))).toBe(false);
    expect(matches("((a*)*)*b", "a".repeat(200))).toBe(false);
    expect(matches(`${".".repeat(200)}x`, "a".repeat(250))).toBe(false);
  });

  it(`are at most ${MAX_PATTERNS}, of them ${MAX_EXPRESSIONS} expressions, of ${MAX_PATTERN_LENGTH} characters`, () => {
    const parse = (keys: string[]) =>
      parsePeftConfig(
        peftConfig({ alpha_pattern: Object.fromEntries(keys.map((key) => [key, 1])) }),
        "config",
      );
    const many = (count: number, end: string) =>
      Array.from({ length: count }, (_, i) => `layers.${i}.${end}`);
    expect(parse(many(MAX_PATTERNS, "q_proj")).alphas).toHaveLength(MAX_PATTERNS);
    expect(() => parse(many(MAX_PATTERNS + 1, "q_proj"))).toThrow(
      expect.objectContaining({ code: "PEFT_INVALID" }),
    );
    expect(parse(many(MAX_EXPRESSIONS, "[qk]_proj")).alphas).toHaveLength(MAX_EXPRESSIONS);
    expect(() => parse(many(MAX_EXPRESSIONS + 1, "[qk]_proj"))).toThrow(
      expect.objectContaining({ code: "PEFT_INVALID" }),
    );
    expect(parse(["a".repeat(MAX_PATTERN_LENGTH)]).alphas).toHaveLength(1);
    expect(() => parse(["a".repeat(MAX_PATTERN_LENGTH + 1)])).toThrow(
      expect.objectContaining({ code: "PEFT_INVALID" }),
    );
  });
});
