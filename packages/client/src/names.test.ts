// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "./errors.ts";
import {
  bareNameOf,
  isFileName,
  isPackageName,
  isScopeName,
  parsePackageName,
  parsePackageSpec,
  parseScopeName,
  quote,
  scopeOf,
} from "./names.ts";

const long = (length: number) => "a".repeat(length);

describe("package names", () => {
  it.each([
    "@demo/upper",
    "@a/b",
    "@meta-llama/llama-3.1-sql",
    "@0/9",
    "@a-b/c_d.e-f",
    `@${long(39)}/${long(64)}`,
  ])("accepts %s", (name) => {
    expect(isPackageName(name)).toBe(true);
    expect(`${scopeOf(parsePackageName(name))}/${bareNameOf(parsePackageName(name))}`).toBe(name);
  });

  it.each([
    "upper",
    "@demo",
    "@demo/",
    "@/upper",
    "demo/upper",
    "@Demo/upper",
    "@demo/Upper",
    "@demo/up per",
    "@demo//upper",
    "@demo/upper/x",
    "@demo/..",
    "@demo/.upper",
    "@demo/upper.",
    "@demo/a..b",
    "@-demo/upper",
    "@demo-/upper",
    "@de--mo/upper",
    "@de.mo/upper",
    "@dеmo/upper",
    "@demo/upper\n",
    "@demo/a:b",
    "@demo/a,b",
    "@con/x",
    "@x/nul",
    "@x/aux.gguf",
    `@${long(40)}/a`,
    `@a/${long(65)}`,
    "",
  ])("refuses %j", (name) => {
    expect(isPackageName(name)).toBe(false);
    expect(() => parsePackageName(name)).toThrow(LoraError);
  });

  it("offers the spelling that would be right", () => {
    expect(() => parsePackageName("@Demo/Upper")).toThrow(
      expect.objectContaining({ code: "NAME_INVALID", hint: "write @demo/upper" }),
    );
    expect(() => parseScopeName("acme")).toThrow(expect.objectContaining({ hint: "write @acme" }));
  });

  it("never accepts a name that leaves its directory", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("@", "/", ".", "a", "\\", "-", "_", ":") }), (text) => {
        if (isPackageName(text)) expect(text).toMatch(/^@[^/.]+\/[^/.][^/]*$/);
        if (isScopeName(text)) expect(text.slice(1)).not.toMatch(/[/.\\:]/);
        if (isFileName(text)) expect(text).not.toMatch(/[/\\:]|^\./);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("package specs", () => {
  it.each([
    ["@demo/upper", undefined],
    ["@demo/upper@", undefined],
    ["@demo/upper@^1.2", "^1.2"],
    ["@demo/upper@>=1 <3", ">=1 <3"],
    ["@demo/upper@latest", "latest"],
  ])("reads %s", (text, range) => {
    expect(parsePackageSpec(text)).toEqual({ name: "@demo/upper", range });
  });
});

it("quotes text so that no control character reaches a terminal", () => {
  expect(quote("\u001b[31mred")).toBe('"\\u001b[31mred"');
  expect(quote(long(200)).length).toBeLessThan(90);
});
