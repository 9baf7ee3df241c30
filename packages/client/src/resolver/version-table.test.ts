// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { rsort, satisfies } from "semver";
import { expect, test } from "vitest";
import type { PackageIndex } from "../documents/index.ts";
import { parsePackageName } from "../names.ts";
import { isVersionRange } from "../versions.ts";
import { versionsIn } from "./version-set.ts";
import { tableOf } from "./version-table.ts";

const NAME = parsePackageName("@acme/sql");

function table(versions: readonly string[], distTags: Record<string, string> = {}) {
  const index = { v: 1, name: NAME, distTags, versions: Object.fromEntries(versions.map((v) => [v, {}])) };
  return tableOf(NAME, index as unknown as PackageIndex);
}

const number = fc.oneof(
  { weight: 9, arbitrary: fc.nat(3) },
  { weight: 1, arbitrary: fc.constant(2 ** 31 + 7) },
);
const triple = fc.tuple(number, number, number).map((parts) => parts.join("."));
const version = fc
  .tuple(triple, fc.option(fc.constantFrom("0", "1", "alpha", "beta.1", "beta.2", "beta.11"), { freq: 3 }))
  .map(([base, prerelease]) => (prerelease === null ? base : `${base}-${prerelease}`));
const partial = fc.oneof(
  version,
  fc.tuple(number, number).map((parts) => parts.join(".")),
  number.map(String),
);
const comparator = fc
  .tuple(fc.constantFrom("", "^", "~", ">", ">=", "<", "<=", "="), partial)
  .map((p) => p.join(""));
const range = fc
  .array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.array(comparator, { minLength: 1, maxLength: 2 }).map((all) => all.join(" ")),
      },
      { weight: 1, arbitrary: fc.tuple(partial, partial).map((ends) => ends.join(" - ")) },
      { weight: 1, arbitrary: fc.constantFrom("*", "x", "", "1.x", "2.1.x") },
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((alternatives) => alternatives.join(" || "))
  .filter(isVersionRange);

test("a range means what semver says of each version, prereleases included", () => {
  fc.assert(
    fc.property(fc.uniqueArray(version, { maxLength: 12 }), range, (versions, text) => {
      const { setOf, versions: sorted } = table(versions);
      expect(versionsIn(setOf(text)).map((i) => sorted[i])).toEqual(sorted.filter((v) => satisfies(v, text)));
    }),
    { numRuns: 2000 },
  );
});

test("versions are in semver's order, however the registry had them", () => {
  fc.assert(
    fc.property(fc.uniqueArray(version, { maxLength: 12 }), (versions) => {
      expect(table(versions).versions).toEqual(rsort([...versions]).reverse());
    }),
  );
});

test.each([
  ["next", ["2.0.0-beta.1"]],
  ["latest", ["1.1.0"]],
  ["gone", []],
  ["missing", []],
  ["constructor", []],
])("the dist-tag %s", (tag, expected) => {
  const tags = { latest: "1.1.0", next: "2.0.0-beta.1", gone: "0.9.0" };
  const { setOf, versions } = table(["1.0.0", "1.1.0", "2.0.0-beta.1"], tags);
  expect(versionsIn(setOf(tag)).map((i) => versions[i])).toEqual(expected);
});
