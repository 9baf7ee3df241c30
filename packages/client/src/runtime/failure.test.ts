// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { explainLog, printable } from "./failure.ts";

describe("explainLog", () => {
  it.each([
    [
      "the first error of a leveled log",
      [
        "0.00.005.372 I cmn  common_param: verbosity = 3",
        "0.00.006.100 W srv  init: failed is only a warning here",
        "0.00.006.480 E gguf_init_from_reader: invalid magic characters: 'junk', expected 'GGUF'",
        "0.00.006.662 E cmn  common_init_: failed to load model",
      ],
      "gguf_init_from_reader: invalid magic characters: 'junk', expected 'GGUF'",
    ],
    [
      "the first complaint of one without levels",
      ["main: loading model", "error: invalid argument: --bogus"],
      "error: invalid argument: --bogus",
    ],
    [
      "an assertion in the midst of a leveled log",
      ["0.00.005.372 I srv load_model: loading", "ggml.c:12: GGML_ASSERT(a) failed", ""],
      "ggml.c:12: GGML_ASSERT(a) failed",
    ],
    ["the last line where none complains", ["Segfault", "core dumped", ""], "core dumped"],
    ["nothing in silence", [], undefined],
  ])("finds %s", (_, lines, expected) => {
    expect(explainLog(lines)).toBe(expected);
  });
});

it("takes out what would act on a terminal", () => {
  expect(printable("a\u001b[31mred\r\n\u202eb")).toBe("a [31mred b");
  expect(printable("x".repeat(1000))).toHaveLength(301);
});
