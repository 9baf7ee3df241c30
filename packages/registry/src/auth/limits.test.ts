// SPDX-License-Identifier: Apache-2.0
import type { PackageName, ScopeName } from "@lora/client/names";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInNetworks } from "./network.ts";
import { likeOfPattern, matchesPattern } from "./package-pattern.ts";

describe("a token's packages", () => {
  it.each([
    ["@acme/sql", "@acme/sql", true],
    ["@acme/sql", "@acme/sql-writer", false],
    ["@acme/sql-*", "@acme/sql-writer", true],
    ["@acme/sql-*", "@acme/sql", false],
    ["@acme/*", "@acme/sql", true],
    ["@acme/*", "@acme-labs/sql", false],
    ["@acme*/*", "@acme-labs/sql", true],
    ["@acme/*sql*", "@acme/my-sql-1", true],
    ["@*/sql", "@acme/sql", true],
    ["@acme/s.l", "@acme/sql", false],
    // A scope is all of its packages.
    ["@acme/*", "@acme", true],
    ["@acme/sql", "@acme", false],
    ["@acme/s*", "@acme", false],
    ["@*/*", "@acme", true],
  ])("%s and %s: %s", (pattern, target, expected) => {
    expect(matchesPattern(pattern, target as PackageName | ScopeName)).toBe(expected);
  });

  it("are matched as the definition of a star says, in time, whatever the pattern", () => {
    const part = fc.stringMatching(/^[ab*]{1,20}$/);
    const name = fc.stringMatching(/^[ab]{1,20}$/);
    fc.assert(
      fc.property(part, name, (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll(/\*+/g, "[^/]*")}$`).test(text);
        expect(matchesPattern(`@x/${pattern}`, `@x/${text}` as PackageName)).toBe(expected);
      }),
    );
    const hard = `@x/${"*a".repeat(40)}*b`;
    expect(matchesPattern(hard, `@x/${"a".repeat(64)}` as PackageName)).toBe(false);
  });

  it("become a LIKE that takes nothing literally for a wildcard", () => {
    expect(likeOfPattern("@acme/sql_*")).toBe("@acme/sql\\_%");
  });
});

describe("a token's networks", () => {
  it.each([
    [["192.0.2.0/24"], "192.0.2.7", true],
    [["192.0.2.0/24"], "192.0.3.7", false],
    [["192.0.2.0/24"], "::ffff:192.0.2.7", true],
    [["192.0.2.7/32", "2001:db8::/32"], "2001:db8:1::1", true],
    [["2001:db8::/32"], "2001:db9::1", false],
    [["0.0.0.0/0"], "::1", false],
    [["nonsense", "192.0.2.0/33", "/8"], "192.0.2.7", false],
    [[], "192.0.2.7", false],
    [["0.0.0.0/0", "::/0"], undefined, false],
    [["0.0.0.0/0", "::/0"], "not an address", false],
  ])("%j and %s: %s", (networks, address, expected) => {
    expect(isInNetworks(networks, address)).toBe(expected);
  });
});
