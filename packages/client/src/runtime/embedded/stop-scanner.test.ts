// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStopScanner } from "./stop-scanner.ts";

/** What came out piece by piece, until the end or the stop. */
function scan(pieces: readonly string[], stops: readonly string[]): { out: string[]; stopped: boolean } {
  const scanner = createStopScanner(stops);
  const out: string[] = [];
  for (const piece of pieces) {
    out.push(scanner.push(piece));
    if (scanner.stopped) return { out, stopped: true };
  }
  out.push(scanner.flush());
  return { out, stopped: false };
}

describe("createStopScanner", () => {
  it.each([
    ["passes on what cannot be a stop at once", ["a", "b"], ["x"], ["a", "b", ""], false],
    ["holds back what could become one", ["a<", "b"], ["<end>"], ["a", "<b", ""], false],
    ["gives back at the end what became none", ["a<e"], ["<end>"], ["a", "<e"], false],
    ["finds one across pieces", ["a<", "en", "d>z"], ["<end>"], ["a", "", ""], true],
    ["finds the earliest of several", ["a12b"], ["b", "2"], ["a1"], true],
    ["never takes an empty one", ["ab"], [""], ["ab", ""], false],
    ["begins anew behind a false start", ["aa", "ab"], ["aab"], ["", "a"], true],
  ])("%s", (_, pieces, stops, out, stopped) => {
    expect(scan(pieces, stops)).toEqual({ out, stopped });
  });

  it("gives the same answer however the text is cut, for a single stop", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c") });
    fc.assert(
      fc.property(fc.array(letters), letters, (pieces, stop) => {
        const text = pieces.join("");
        const place = stop === "" ? -1 : text.indexOf(stop);
        const { out, stopped } = scan(pieces, [stop]);
        expect(out.join("")).toBe(place < 0 ? text : text.slice(0, place));
        expect(stopped).toBe(place >= 0);
      }),
    );
  });
});
