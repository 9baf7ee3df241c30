// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { licenseName, licenseOfCard } from "./license.ts";

describe("a licence", () => {
  it.each([
    ["apache-2.0", "Apache-2.0"],
    [" MIT ", "MIT"],
    ["cc-by-nc-4.0", "CC-BY-NC-4.0"],
    ["llama3.1", "llama3.1"],
    ["other", undefined],
    ["unknown", undefined],
    ["", undefined],
    ["a\u001b[2J", undefined],
    ["x".repeat(101), undefined],
  ])("%j of a hub is %j", (word, name) => expect(licenseName(word)).toBe(name));

  it.each([
    ["---\nlicense: mit\n---\n", "MIT"],
    ["\uFEFF---\r\nbase_model: x\r\nlicense: 'apache-2.0'\r\n---\r\ntext", "Apache-2.0"],
    ['---\nlicense: "gemma" # theirs\n---', "gemma"],
    ["---\nlicense: mit # or so\n---\n", "MIT"],
    ["---\nlicense:\n- mit\n---\n", undefined],
    ["---\nlicense_name: mit\n---\n", undefined],
    ["license: mit\n", undefined],
    ["---\ntitle: x\n---\nlicense: mit\n", undefined],
    ["---\nlicense: mit\n", undefined],
  ])("of the card %j is %j", (card, name) => expect(licenseOfCard(card)).toBe(name));

  it("never fails on any card", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        licenseOfCard(`---\nlicense: ${text}\n---\n`);
      }),
    );
  });
});
