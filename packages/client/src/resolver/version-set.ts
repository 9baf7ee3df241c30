// SPDX-License-Identifier: Apache-2.0
/**
 * A set of states that one package can be in: bit 0 is "absent", bit i + 1 is "version i", versions counted from the
 * oldest. Knowing every version makes each set finite and exact, npm's rule for prereleases included, and turns
 * "satisfied by" and "contradicted by" into a few words of bit arithmetic.
 *
 *     versions 1.0.0, 1.1.0, 2.0.0        "^1.0.0" = 0110      not "^1.0.0" = 1001      (bit 0 is on the left)
 *
 * Sets are never changed once they were handed out. Two sets of one package have the same length.
 */
export type VersionSet = Readonly<Uint32Array>;

export const ABSENT = 0;

function words(versionCount: number): number {
  return (versionCount + 32) >>> 5;
}

/** Every state: absent, or any of the versions. */
export function fullSet(versionCount: number): VersionSet {
  const set = new Uint32Array(words(versionCount)).fill(0xffffffff);
  const used = (versionCount + 1) & 31;
  if (used !== 0) set[set.length - 1] = 2 ** used - 1;
  return set;
}

/** The versions that `includes` accepts, by index; never "absent". */
export function versionsWhere(versionCount: number, includes: (version: number) => boolean): VersionSet {
  const set = new Uint32Array(words(versionCount));
  for (let version = 0; version < versionCount; version += 1) {
    if (includes(version))
      set[(version + 1) >>> 5] = at(set, (version + 1) >>> 5) | (1 << ((version + 1) & 31));
  }
  return set;
}

export function singleVersion(versionCount: number, version: number): VersionSet {
  const set = new Uint32Array(words(versionCount));
  set[(version + 1) >>> 5] = 1 << ((version + 1) & 31);
  return set;
}

export function union(a: VersionSet, b: VersionSet): VersionSet {
  const result = new Uint32Array(a.length);
  for (let i = 0; i < a.length; i += 1) result[i] = at(a, i) | at(b, i);
  return result;
}

export function intersection(a: VersionSet, b: VersionSet): VersionSet {
  const result = new Uint32Array(a.length);
  for (let i = 0; i < a.length; i += 1) result[i] = at(a, i) & at(b, i);
  return result;
}

/** What is in `a` and not in `b`; with the full set as `a`, the complement. */
export function difference(a: VersionSet, b: VersionSet): VersionSet {
  const result = new Uint32Array(a.length);
  for (let i = 0; i < a.length; i += 1) result[i] = at(a, i) & ~at(b, i);
  return result;
}

export function isSubset(a: VersionSet, b: VersionSet): boolean {
  for (let i = 0; i < a.length; i += 1) if ((at(a, i) & ~at(b, i)) !== 0) return false;
  return true;
}

export function isDisjoint(a: VersionSet, b: VersionSet): boolean {
  for (let i = 0; i < a.length; i += 1) if ((at(a, i) & at(b, i)) !== 0) return false;
  return true;
}

export function isEqual(a: VersionSet, b: VersionSet): boolean {
  for (let i = 0; i < a.length; i += 1) if (at(a, i) !== at(b, i)) return false;
  return true;
}

export function isEmpty(set: VersionSet): boolean {
  for (let i = 0; i < set.length; i += 1) if (at(set, i) !== 0) return false;
  return true;
}

/** Whether the package may be absent: such a set is a negative term, any other a positive one. */
export function allowsAbsence(set: VersionSet): boolean {
  return (at(set, 0) & 1) !== 0;
}

export function hasVersion(set: VersionSet, version: number): boolean {
  return ((at(set, (version + 1) >>> 5) >>> ((version + 1) & 31)) & 1) !== 0;
}

/** The versions of the set, oldest first. */
export function versionsIn(set: VersionSet): number[] {
  const result: number[] = [];
  for (let i = 0; i < set.length; i += 1) {
    for (let word = at(set, i); word !== 0; word &= word - 1) {
      const bit = i * 32 + (31 - Math.clz32(word & -word));
      if (bit !== ABSENT) result.push(bit - 1);
    }
  }
  return result;
}

export function countVersions(set: VersionSet): number {
  let count = allowsAbsence(set) ? -1 : 0;
  for (let i = 0; i < set.length; i += 1) {
    let word = at(set, i);
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** The newest version of the set; undefined where it has none. */
export function newestIn(set: VersionSet): number | undefined {
  for (let i = set.length - 1; i >= 0; i -= 1) {
    const word = at(set, i);
    const bit = i * 32 + 31 - Math.clz32(word);
    if (word !== 0) return bit === ABSENT ? undefined : bit - 1;
  }
  return undefined;
}

function at(set: VersionSet, index: number): number {
  return set[index] as number;
}
