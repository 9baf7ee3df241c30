// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { formatAddCheckpoint, parseAddCheckpoint } from "./add-checkpoint.ts";
import { readVectors } from "./memory-log.test.support.ts";
import { parseNote, parseSignatureLines } from "./note.ts";

const c2sp = readVectors<{ addCheckpoint: string; addCheckpointAnswer: string }>("c2sp-examples.json");
describe("a request to a witness", () => {
  it("is that of the example in C2SP's document", () => {
    const request = parseAddCheckpoint(c2sp.addCheckpoint);
    expect(request.oldSize).toBe(20852014);
    expect(request.proof).toHaveLength(4);
    expect(parseNote(request.checkpoint).signatures.map(({ keyId }) => keyId)).toEqual([
      "033de0ae",
      "a292ea05",
    ]);
    expect(formatAddCheckpoint(request)).toBe(c2sp.addCheckpoint);
  });

  it("is answered by signature lines", () => {
    const names = parseSignatureLines(c2sp.addCheckpointAnswer).map(({ name }) => name);
    expect(names).toEqual(["witness.example/w1", "witness.example/w1", "witness.example/w2"]);
  });

  it.each([
    ["nothing", ""],
    ["no old size", "\n\nnote\n"],
    ["a word for the old size", "old x\n\nnote\n"],
    ["a zero in front of it", "old 01\n\nnote\n"],
    ["a line that is no hash", "old 1\nabc\n\nnote\n"],
    ["64 hashes", `old 1\n${"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".repeat(64)}\nnote\n`],
    ["no checkpoint", "old 1\n"],
    ["a megabyte", `old 1\n\n${"a".repeat(1 << 20)}`],
  ])("is refused with %s", (_what, body) => {
    expect(() => parseAddCheckpoint(body)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  it("throws nothing but LoraErrors for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => parseAddCheckpoint(bytes)).toThrow(LoraError);
      }),
    );
  });
});
