// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateToken, hashToken, isToken } from "./token.ts";

describe("a token", () => {
  it("has its documented form, and no two are the same", () => {
    const tokens = Array.from({ length: 100 }, generateToken);
    for (const token of tokens) {
      expect(token).toMatch(/^lora_[0-9A-Za-z]{36}$/);
      expect(isToken(token)).toBe(true);
    }
    expect(new Set(tokens).size).toBe(100);
  });

  it("carries the CRC-32 of its random part", () => {
    // zlib.crc32 of Python over 30 zeros is 2,011,552,642, in base62 2C8GjS.
    expect(isToken(`lora_${"0".repeat(30)}2C8GjS`)).toBe(true);
  });

  it("is not recognised with any one character changed", () => {
    const token = generateToken();
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(..."09AZaz_-"), (at, character) => {
        fc.pre(token[at] !== character);
        expect(isToken(token.slice(0, at) + character + token.slice(at + 1))).toBe(false);
      }),
    );
  });

  it("is stored as its sha256", () => {
    expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
