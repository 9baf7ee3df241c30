// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { type CanonicalValue, canonicalJson } from "./canonical-json.ts";
import { MAX_JSON_BYTES, MAX_JSON_DEPTH, parseStrictJson } from "./strict-json.ts";

const utf8 = new TextEncoder();

describe("strict JSON", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseStrictJson(utf8.encode(text), "it")).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'it has the key "a" twice, at line 1, column 8'],
    ['{"a":1,"\\u0061":1}', 'it has the key "a" twice, at line 1, column 8'],
    ['{\n  "a": {"b": 1, "b": 1}\n}', 'it has the key "b" twice, at line 2, column 17'],
    ['{"a":1,}', "it is not JSON: property name expected at line 1, column 8"],
    ["// hi\n{}", "it is not JSON: invalid comment token at line 1, column 1"],
    ["", "it is not JSON: value expected at line 1, column 1"],
    ["NaN", "it is not JSON: invalid symbol at line 1, column 1"],
    [
      "[".repeat(MAX_JSON_DEPTH + 1) + "]".repeat(MAX_JSON_DEPTH + 1),
      "it is nested deeper than 64 at line 1, column 65",
    ],
  ])("refuses %j", (text, message) => {
    expect(() => parseStrictJson(text, "it")).toThrow(
      expect.objectContaining({ code: "JSON_INVALID", message }),
    );
  });

  it("takes the deepest nesting that is allowed", () => {
    expect(() =>
      parseStrictJson("[".repeat(MAX_JSON_DEPTH) + "]".repeat(MAX_JSON_DEPTH), "it"),
    ).not.toThrow();
  });

  it("refuses bytes that are no UTF-8, and more than it may hold", () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22), "it")).toThrow("it is not UTF-8");
    expect(() => parseStrictJson(`"${"x".repeat(MAX_JSON_BYTES)}"`, "it")).toThrow("it is larger than");
  });

  it("ends no process, however deep the text", () => {
    expect(() => parseStrictJson("[".repeat(1_000_000), "it")).toThrow(LoraError);
    expect(() => parseStrictJson('{"a":'.repeat(1_000_000), "it")).toThrow(LoraError);
  });

  it("throws nothing but a LoraError for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          parseStrictJson(bytes, "it");
        } catch (error) {
          expect(error).toBeInstanceOf(LoraError);
        }
      }),
    );
  });
});

describe("canonical JSON", () => {
  it("sorts keys, writes no space, and is the same for every order of keys", () => {
    expect(canonicalJson({ b: [1, "é"], a: null })).toBe('{"a":null,"b":[1,"é"]}');
    const values = fc.letrec<{ value: CanonicalValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constant(null),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.string(),
        fc.array(tie("value")),
        fc.dictionary(fc.string(), tie("value")),
      ),
    })).value;
    fc.assert(
      fc.property(values, (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it("refuses what has more than one spelling", () => {
    expect(() => canonicalJson(0.5)).toThrow(TypeError);
    expect(() => canonicalJson(2 ** 53)).toThrow(TypeError);
  });
});
