// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { randomText, readVectors, testSeed } from "./memory-log.test.support.ts";
import {
  addSignatures,
  formatNote,
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  parseNote,
  parseSignatureLines,
} from "./note.ts";
import { parseSignerKey, parseVerifierKey, signerKey, verifierKey } from "./note-key.ts";
import { signNote, verifyNote } from "./note-signature.ts";

const go = readVectors<{
  text: string;
  signerKeys: [string];
  verifierKeys: [string, string];
  signatureLines: [string, string];
  checksumDatabase: { verifierKey: string; note: string };
}>("go-note.json");
const c2sp = readVectors<{
  signedNote: { verifierKey: string; note: string };
  checkpoint: string;
}>("c2sp-examples.json");
const [peterLine, enochLine] = go.signatureLines;
const [peter, enoch] = go.verifierKeys.map(parseVerifierKey) as [
  ReturnType<typeof parseVerifierKey>,
  ReturnType<typeof parseVerifierKey>,
];
const namesOf = async (note: string, keys: Parameters<typeof verifyNote>[1]) =>
  (await verifyNote(parseNote(note), keys)).map(({ key }) => key.name);
const code = (code: string) => expect.objectContaining({ code });

describe("signed notes", () => {
  it("are signed as Go signs them", async () => {
    const signature = await signNote(go.text, await parseSignerKey(go.signerKeys[0]));
    expect(formatNote({ text: go.text, signatures: [signature] })).toBe(`${go.text}\n${peterLine}`);
  });

  it("take further signatures behind the ones they have", async () => {
    const note = parseNote(`${go.text}\n${peterLine}`);
    const added = await signNote(go.text, await signerKey("EnochRoot", "ed25519", testSeed(0)));
    expect(formatNote(addSignatures(note, [added]))).toBe(`${go.text}\n${peterLine}${enochLine}`);
    expect(formatNote(addSignatures(addSignatures(note, [added]), [added]))).toBe(
      `${go.text}\n${peterLine}${enochLine}`,
    );
  });

  it("verify by the keys that are known", async () => {
    const note = `${go.text}\n${peterLine}${enochLine}`;
    expect(await namesOf(note, [peter])).toEqual(["PeterNeumann"]);
    expect(await namesOf(note, [peter, enoch])).toEqual(["PeterNeumann", "EnochRoot"]);
    expect(await namesOf(note, [])).toEqual([]);
  });

  it("of C2SP's document and of Go's checksum database verify", async () => {
    const { verifierKey: key, note } = c2sp.signedNote;
    expect(await namesOf(note, [parseVerifierKey(key)])).toEqual(["example.com/foo"]);
    const database = go.checksumDatabase;
    expect(await namesOf(database.note, [parseVerifierKey(database.verifierKey)])).toEqual([
      "sum.golang.org",
    ]);
  });

  it("of C2SP's checkpoint document verify under the name they were signed for", async () => {
    const key = parseVerifierKey(go.checksumDatabase.verifierKey);
    const original = c2sp.checkpoint
      .replace("example.com/behind-the-sofa\n", "go.sum database tree\n")
      .replace("— example.com/behind-the-sofa", "— sum.golang.org");
    expect(await namesOf(original, [key])).toEqual(["sum.golang.org"]);
    const renamed = c2sp.checkpoint.replace("— example.com/behind-the-sofa", "— sum.golang.org");
    await expect(namesOf(renamed, [key])).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("fall with one wrong signature by a known key, whatever else is right", async () => {
    const note = `${go.text}\n${peterLine}${enochLine.replace("rwz+eBzm", "rwz+eBzn")}`;
    expect(await namesOf(note, [peter])).toEqual(["PeterNeumann"]);
    await expect(namesOf(note, [peter, enoch])).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    const twice = `${go.text}\n${peterLine}${peterLine.replace("x08go/ZJ", "x08go/ZK")}`;
    await expect(namesOf(twice, [peter])).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("pass over keys that share only the name or only the id with a known one", async () => {
    const otherName = `${go.text}\n${peterLine.replace("PeterNeumann", "CarmenSandiego")}`;
    const otherId = `${go.text}\n${peterLine.replace("x08g", "xxxx")}`;
    expect(await namesOf(otherName, [peter])).toEqual([]);
    expect(await namesOf(otherId, [peter])).toEqual([]);
  });

  it("fall with a signature of the wrong length by a known key", async () => {
    const short = `${go.text}\n${peterLine.replace(/ x08g.*$/m, " x08go/ZJkuBS")}`;
    await expect(namesOf(short, [peter])).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("fall under a key that is no point of the curve", async () => {
    const key = verifierKey("x.example", "ed25519", new Uint8Array(32).fill(255));
    const note = {
      text: "a\n",
      signatures: [{ name: key.name, keyId: key.keyId, signature: new Uint8Array(64) }],
    };
    await expect(verifyNote(note, [key])).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("split at the last blank line, so a text may hold blank lines and what looks like signatures", async () => {
    const key = await signerKey("poet.example", "ed25519", testSeed(3));
    const text = `one\n\n${peterLine}\nthree\n`;
    const note = formatNote({ text, signatures: [await signNote(text, key)] });
    expect(parseNote(note).text).toBe(text);
    expect(await namesOf(note, [key, peter])).toEqual(["poet.example"]);
  });

  it.each([
    ["no signature", go.text],
    ["no signature behind the blank line", `${go.text}\n`],
    ["no last line end", `${go.text}\n${peterLine.slice(0, -1)}`],
    ["a control character", `\x01${go.text}\n${peterLine}`],
    ["a carriage return", `${go.text.replace("\n", "\r\n")}\n${peterLine}`],
    ["a delete character", `\x7f${go.text}\n${peterLine}`],
    ["a control character that terminals obey", `\x9b2J${go.text}\n${peterLine}`],
    ["a space in a name", `${go.text}\n${peterLine.replace("PeterNeumann", "Bad Name")}`],
    ["a wide space in a name", `${go.text}\n${peterLine.replace("PeterNeumann", "Bad\u2003Name")}`],
    ["a plus in a name", `${go.text}\n${peterLine.replace("PeterNeumann", "Bad+Name")}`],
    ["an empty name", `${go.text}\n${peterLine.replace("PeterNeumann", "")}`],
    ["a line more", `${go.text}\n${peterLine}Unexpected line.\n`],
    ["a hyphen for the dash", `${go.text}\n${peterLine.replace("—", "-")}`],
    ["a space more", `${go.text}\n${peterLine.replace("— ", "—  ")}`],
    ["a space behind", `${go.text}\n${peterLine.replace(/\n$/, " \n")}`],
    ["base64 in pieces", `${go.text}\n${peterLine.replace("=\n", "=AAAA\n")}`],
    ["four bytes for a signature", `${go.text}\n— PeterNeumann x08gow==\n`],
    ["half a character", `\ud800${go.text}\n${peterLine}`],
    ["seventeen signatures", `${go.text}\n${peterLine.repeat(MAX_SIGNATURES + 1)}`],
    ["more bytes than a note may have", `${"a".repeat(MAX_NOTE_BYTES)}\n\n${peterLine}`],
  ])("are refused with %s", (_what, note) => {
    expect(() => parseNote(note)).toThrow(code("CHECKPOINT_INVALID"));
    if (note.isWellFormed())
      expect(() => parseNote(new TextEncoder().encode(note))).toThrow(code("CHECKPOINT_INVALID"));
  });

  it("are refused when their bytes are no UTF-8, or a shorter form stands for a longer", () => {
    const bytes = new TextEncoder().encode(`${go.text}\n${peterLine}`);
    expect(() => parseNote(Uint8Array.from([0xff, ...bytes]))).toThrow(code("CHECKPOINT_INVALID"));
    expect(() => parseNote(Uint8Array.from([0xc0, 0x8a, ...bytes]))).toThrow(code("CHECKPOINT_INVALID"));
  });

  it("keep a byte order mark in the text, where it breaks the signature", async () => {
    const note = Uint8Array.from([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(`${go.text}\n${peterLine}`)]);
    await expect(verifyNote(parseNote(note), [peter])).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("may have sixteen signatures", () => {
    expect(parseNote(`${go.text}\n${peterLine.repeat(MAX_SIGNATURES)}`).signatures).toHaveLength(
      MAX_SIGNATURES,
    );
  });

  it("throw nothing but LoraErrors for random bytes, and what parses is written the same", () => {
    const almost = fc.tuple(randomText(20), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          almost.map(([a, b]) => new TextEncoder().encode(`${a}\n\n— ${b} x08go/ZJkuBS\n`)),
        ),
        (bytes) => {
          try {
            expect(new TextEncoder().encode(formatNote(parseNote(bytes)))).toEqual(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(LoraError);
          }
          try {
            parseSignatureLines(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(LoraError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
