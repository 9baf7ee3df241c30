// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { parseByteRange } from "./byte-range.ts";

describe("a range of 1,000 bytes", () => {
  it.each([
    ["bytes=0-499", { start: 0, lengthBytes: 500 }],
    ["bytes=500-", { start: 500, lengthBytes: 500 }],
    ["bytes=-1", { start: 999, lengthBytes: 1 }],
    ["bytes=-5000", { start: 0, lengthBytes: 1000 }],
    ["bytes=999-999", { start: 999, lengthBytes: 1 }],
    ["bytes=0-999999", { start: 0, lengthBytes: 1000 }],
    ["Bytes=1-2", { start: 1, lengthBytes: 2 }],
    ["bytes=1000-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-4", undefined],
    ["bytes=0-1,3-4", undefined],
    ["bytes=-", undefined],
    ["bytes=x-", undefined],
    ["items=0-1", undefined],
    ["bytes=99999999999999999999-", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%s", (header, expected) => {
    expect(parseByteRange(header, 1000)).toEqual(expected);
  });

  it("of nothing cannot be satisfied", () => {
    expect(parseByteRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(parseByteRange("bytes=-1", 0)).toBe("unsatisfiable");
  });
});
