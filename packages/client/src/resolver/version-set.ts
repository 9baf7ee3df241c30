// SPDX-License-Identifier: Apache-2.0
/**
 * A set of states that one package can be in: bit 0 is "absent", bit i + 1 is "version i", versions counted from the
 * oldest. Knowing every version makes each set finite and exact, npm's rule for prereleases included, and turns
 * "satisfied by" and "contradicted by" into a few words of bit arithmetic.
 *
 *     versions 1.0.0, 1.1.0, 2.0.0        "^1.0.0" = 0110      not "^1.0.0" = 1001      (bit 0 is on the left)
 *
 * Sets are never changed once they were handed out. All sets of one package have the same form: one word as a number,
 * which most packages need, or an array of words.
 */
export type VersionSet = number | Readonly<Uint32Array>;

/** Numbers of 31 bits are the ones that V8 keeps without allocating. */
const BITS_OF_NUMBER = 30;

/** Every state: absent, or any of the versions. */
export function fullSet(versionCount: number): VersionSet {
  const bits = versionCount + 1;
  if (bits <= BITS_OF_NUMBER) return 2 ** bits - 1;
  const set = new Uint32Array((bits + 31) >>> 5).fill(0xffffffff);
  if ((bits & 31) !== 0) set[set.length - 1] = 2 ** (bits & 31) - 1;
  return set;
}

/** The versions that `includes` accepts, by index; never "absent". */
export function versionsWhere(versionCount: number, includes: (version: number) => boolean): VersionSet {
  const bits = versionCount + 1;
  if (bits <= BITS_OF_NUMBER) {
    let set = 0;
    for (let version = 0; version < versionCount; version += 1) if (includes(version)) set |= 2 << version;
    return set;
  }
  const set = new Uint32Array((bits + 31) >>> 5);
  for (let bit = 1; bit < bits; bit += 1) {
    if (includes(bit - 1)) set[bit >>> 5] = word(set, bit >>> 5) | (1 << (bit & 31));
  }
  return set;
}

export function singleVersion(versionCount: number, version: number): VersionSet {
  return versionsWhere(versionCount, (other) => other === version);
}

export function union(a: VersionSet, b: VersionSet): VersionSet {
  if (typeof a === "number") return a | (b as number);
  return a.map((bits, i) => bits | word(b, i));
}

export function intersection(a: VersionSet, b: VersionSet): VersionSet {
  if (typeof a === "number") return a & (b as number);
  return a.map((bits, i) => bits & word(b, i));
}

/** What is in `a` and not in `b`; with the full set as `a`, the complement. */
export function difference(a: VersionSet, b: VersionSet): VersionSet {
  if (typeof a === "number") return a & ~(b as number);
  return a.map((bits, i) => bits & ~word(b, i));
}

export function isSubset(a: VersionSet, b: VersionSet): boolean {
  if (typeof a === "number") return (a & ~(b as number)) === 0;
  for (let i = 0; i < a.length; i += 1) if ((word(a, i) & ~word(b, i)) !== 0) return false;
  return true;
}

export function isDisjoint(a: VersionSet, b: VersionSet): boolean {
  if (typeof a === "number") return (a & (b as number)) === 0;
  for (let i = 0; i < a.length; i += 1) if ((word(a, i) & word(b, i)) !== 0) return false;
  return true;
}

export function isEqual(a: VersionSet, b: VersionSet): boolean {
  return isSubset(a, b) && isSubset(b, a);
}

export function isEmpty(set: VersionSet): boolean {
  return isDisjoint(set, set);
}

/** Whether the package may be absent: such a set is a negative term, any other a positive one. */
export function allowsAbsence(set: VersionSet): boolean {
  return (word(set, 0) & 1) !== 0;
}

export function hasVersion(set: VersionSet, version: number): boolean {
  return ((word(set, (version + 1) >>> 5) >>> ((version + 1) & 31)) & 1) !== 0;
}

/** The versions of the set, oldest first. */
export function versionsIn(set: VersionSet): number[] {
  const result: number[] = [];
  for (let i = 0; i < wordCount(set); i += 1) {
    for (let bits = word(set, i); bits !== 0; bits &= bits - 1) {
      const bit = i * 32 + 31 - Math.clz32(bits & -bits);
      if (bit > 0) result.push(bit - 1);
    }
  }
  return result;
}

export function countVersions(set: VersionSet): number {
  let count = allowsAbsence(set) ? -1 : 0;
  for (let i = 0; i < wordCount(set); i += 1) {
    let bits = word(set, i);
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    count += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** The newest version of the set; undefined where it has none. */
export function newestIn(set: VersionSet): number | undefined {
  for (let i = wordCount(set) - 1; i >= 0; i -= 1) {
    const bit = i * 32 + 31 - Math.clz32(word(set, i));
    if (word(set, i) !== 0) return bit === 0 ? undefined : bit - 1;
  }
  return undefined;
}

function wordCount(set: VersionSet): number {
  return typeof set === "number" ? 1 : set.length;
}

/** 0 behind the end. */
function word(set: VersionSet, index: number): number {
  if (typeof set === "number") return index === 0 ? set : 0;
  return set[index] ?? 0;
}
