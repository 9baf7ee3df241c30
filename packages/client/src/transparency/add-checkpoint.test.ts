// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { formatAddCheckpoint, parseAddCheckpoint } from "./add-checkpoint.ts";
import { isConsistencyProof } from "./consistency-proof.ts";
import { hashFromHex, readVectors } from "./memory-log.test.support.ts";
import { EMPTY_ROOT, type Tree } from "./merkle-tree.ts";
import { parseNote, parseSignatureLines } from "./note.ts";
import { verifierKey } from "./note-key.ts";
import type { Policy } from "./policy.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const c2sp = readVectors<{ addCheckpoint: string; addCheckpointAnswer: string }>("c2sp-examples.json");
const vectors = readVectors<{
  origin: string;
  publicKey: string;
  requests: { body: string; status: number }[];
}>("witness-requests.json");

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

  it("is granted or refused as another witness does", async () => {
    const key = verifierKey(vectors.origin, "ed25519", hashFromHex(vectors.publicKey));
    const policy: Policy = { logs: [{ key }], witnesses: [], groups: [], quorum: "none" };
    let last: Tree = { size: 0, root: EMPTY_ROOT };
    const judge = async (body: string): Promise<number> => {
      const { oldSize, proof, checkpoint } = parseAddCheckpoint(body);
      const verified = await verifyCheckpoint(checkpoint, policy).catch(() => undefined);
      if (verified === undefined) return 403;
      if (oldSize !== last.size) return 409;
      if (!isConsistencyProof(proof, last, verified)) return 422;
      last = verified;
      return 200;
    };
    const answers: number[] = [];
    for (const { body } of vectors.requests) answers.push(await judge(body));
    expect(answers).toEqual(vectors.requests.map(({ status }) => status));
    expect(last.size).toBe(5);
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
