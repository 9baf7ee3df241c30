// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { differingFact } from "./index.ts";

const file = { rank: 8, alpha: Math.fround(0.1), targets: ["attn_q", "attn_v"] };

describe("differingFact", () => {
  it.each([
    ["all of it", { rank: 8, alpha: 0.1, targets: ["attn_v", "attn_q"] }],
    ["nothing", {}],
    ["some of it", { rank: 8, alpha: undefined }],
  ])("finds none where %s is said as it is", (_, said) => {
    expect(differingFact(said, file)).toBeUndefined();
  });

  it.each([
    ["rank", { rank: 9, alpha: 3 }, { fact: "rank", said: 9, found: 8 }],
    ["alpha", { rank: 8, alpha: 0.11 }, { fact: "alpha", said: 0.11, found: file.alpha }],
    [
      "a target less",
      { targets: ["attn_q"] },
      { fact: "targets", said: ["attn_q"], found: ["attn_q", "attn_v"] },
    ],
    [
      "one text instead of two",
      { targets: ["attn_q,attn_v"] },
      { fact: "targets", said: ["attn_q,attn_v"], found: ["attn_q", "attn_v"] },
    ],
  ])("finds %s", (_, said, expected) => {
    expect(differingFact(said, file)).toEqual(expected);
  });
});
