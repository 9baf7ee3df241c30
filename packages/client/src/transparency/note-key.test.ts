// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { randomText, readVectors, testSeed } from "./memory-log.test.support.ts";
import {
  formatSignerKey,
  formatVerifierKey,
  parseSignerKey,
  parseVerifierKey,
  signerKey,
} from "./note-key.ts";

const go = readVectors<{
  signerKeys: [string];
  verifierKeys: [string, string];
  refusedVerifierKeys: string[];
  checksumDatabase: { verifierKey: string };
}>("go-note.json");
const c2sp = readVectors<{ signedNote: { verifierKey: string } }>("c2sp-examples.json");
const code = (code: string) => expect.objectContaining({ code });

describe("keys", () => {
  it("come back as they were written", async () => {
    for (const text of [...go.verifierKeys, c2sp.signedNote.verifierKey, go.checksumDatabase.verifierKey])
      expect(formatVerifierKey(parseVerifierKey(text))).toBe(text);
    expect(formatSignerKey(await parseSignerKey(go.signerKeys[0]))).toBe(go.signerKeys[0]);
  });

  it("of a signer give its verifier key", async () => {
    expect(formatVerifierKey(await parseSignerKey(go.signerKeys[0]))).toBe(go.verifierKeys[0]);
    // Go's example draws this key from zeroes.
    expect(formatVerifierKey(await signerKey("EnochRoot", "ed25519", testSeed(0)))).toBe(go.verifierKeys[1]);
  });

  it("of one pair have another id for each name and kind", async () => {
    const keys = await Promise.all([
      signerKey("a.example", "ed25519", testSeed(1)),
      signerKey("b.example", "ed25519", testSeed(1)),
      signerKey("a.example", "cosignature/v1", testSeed(1)),
    ]);
    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(3);
  });

  it("are drawn at random", async () => {
    const [one, two] = await Promise.all([signerKey("a", "ed25519"), signerKey("a", "ed25519")]);
    expect(one?.keyId).not.toBe(two?.keyId);
    expect((await parseSignerKey(formatSignerKey(one))).publicKey).toEqual(one.publicKey);
  });

  it("are refused for every part of one, and every byte of one raised", async () => {
    const [vkey] = go.verifierKeys;
    const [skey] = go.signerKeys;
    const manglings = (key: string) => [
      ...Array.from({ length: key.length }, (_, i) => key.slice(i + 1)),
      ...Array.from({ length: key.length }, (_, i) => key.slice(0, i)),
      ...Array.from(
        key,
        (c, i) => `${key.slice(0, i)}${String.fromCharCode(c.charCodeAt(0) + 1)}${key.slice(i + 1)}`,
      ),
    ];
    for (const bad of manglings(vkey))
      expect(() => parseVerifierKey(bad), bad).toThrow(code("LOG_KEY_INVALID"));
    for (const bad of manglings(skey))
      await expect(parseSignerKey(bad), bad).rejects.toMatchObject({ code: "LOG_KEY_INVALID" });
  });

  it.each([
    ["a key of the wrong length", go.refusedVerifierKeys[0]],
    ["an unknown kind", go.refusedVerifierKeys[1]],
    ["no name", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
    ["an id in capitals", "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
    ["base64 with stray bits", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX"],
    ["a name with a wide space", "Peter\u3000Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
    ["half a character", "Peter\ud800+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
    ["a long text", `${"a".repeat(100_000)}+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW`],
  ])("are refused with %s", (_what, text) => {
    expect(() => parseVerifierKey(text as string)).toThrow(code("LOG_KEY_INVALID"));
  });

  it("that are private are never repeated in a message", async () => {
    const bad = go.signerKeys[0].replace("c74f20a3", "c74f20a4");
    const error = await parseSignerKey(bad).catch((caught: unknown) => caught as LoraError);
    expect(JSON.stringify(error)).not.toContain("AYEKFALVFGyNhPJ");
  });

  it("throw nothing but LoraErrors for random text", () => {
    fc.assert(
      fc.property(randomText(200), (text) => {
        expect(() => parseVerifierKey(text)).toThrow(LoraError);
      }),
    );
  });
});
