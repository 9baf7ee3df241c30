// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allowsAbsence,
  countVersions,
  difference,
  fullSet,
  hasVersion,
  intersection,
  isDisjoint,
  isEmpty,
  isEqual,
  isSubset,
  newestIn,
  singleVersion,
  union,
  type VersionSet,
  versionsIn,
  versionsWhere,
} from "./version-set.ts";

/** Around the border between numbers and arrays, and around those between words. */
const count = fc.oneof(fc.constantFrom(0, 1, 28, 29, 30, 31, 32, 62, 63, 64), fc.nat(200));

/** A set, and the same as JavaScript has it; −1 is absence. */
const twoSets = count.chain((versions) =>
  fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: -1, max: versions - 1 })),
      fc.uniqueArray(fc.integer({ min: -1, max: versions - 1 })),
    )
    .map(([a, b]) => ({ versions, a: new Set(a), b: new Set(b) })),
);

function setOf(versions: number, model: ReadonlySet<number>): VersionSet {
  const present = versionsWhere(versions, (version) => model.has(version));
  const absent = difference(
    fullSet(versions),
    versionsWhere(versions, () => true),
  );
  return model.has(-1) ? union(present, absent) : present;
}

describe("sets of versions behave as sets, whatever their size", () => {
  test("operations", () => {
    fc.assert(
      fc.property(twoSets, ({ versions, a, b }) => {
        const [x, y] = [setOf(versions, a), setOf(versions, b)];
        const where = (isIn: (inA: boolean, inB: boolean) => boolean) => {
          const all = Array.from({ length: versions + 1 }, (_, i) => i - 1);
          return setOf(versions, new Set(all.filter((state) => isIn(a.has(state), b.has(state)))));
        };
        expect(union(x, y)).toEqual(where((inA, inB) => inA || inB));
        expect(intersection(x, y)).toEqual(where((inA, inB) => inA && inB));
        expect(difference(x, y)).toEqual(where((inA, inB) => inA && !inB));
        expect(isSubset(x, y)).toBe([...a].every((state) => b.has(state)));
        expect(isDisjoint(x, y)).toBe(![...a].some((state) => b.has(state)));
        expect(isEqual(x, y)).toBe(a.size === b.size && [...a].every((state) => b.has(state)));
      }),
    );
  });

  test("questions", () => {
    fc.assert(
      fc.property(twoSets, ({ versions, a }) => {
        const x = setOf(versions, a);
        const present = [...a].filter((version) => version >= 0).sort((one, other) => one - other);
        expect(versionsIn(x)).toEqual(present);
        expect(countVersions(x)).toBe(present.length);
        expect(newestIn(x)).toBe(present.at(-1));
        expect(allowsAbsence(x)).toBe(a.has(-1));
        expect(isEmpty(x)).toBe(a.size === 0);
        for (let version = 0; version < versions; version += 1) {
          expect(hasVersion(x, version)).toBe(a.has(version));
          expect(isSubset(singleVersion(versions, version), x)).toBe(a.has(version));
        }
      }),
    );
  });

  test("the full set has every version, and absence", () => {
    fc.assert(
      fc.property(count, (versions) => {
        expect(countVersions(fullSet(versions))).toBe(versions);
        expect(allowsAbsence(fullSet(versions))).toBe(true);
      }),
    );
  });
});
