// SPDX-License-Identifier: Apache-2.0
/** The same values with their keys in another order, and a source that answers in another order. */
import type { PackageIndex } from "../../packages/client/src/documents/index.ts";
import type { PackageName } from "../../packages/client/src/names.ts";
import type { PackageSource } from "../../packages/client/src/resolver/index.ts";

/** Numbers from 0 below 1, the same for the same seed. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every object in it has its keys shuffled; arrays and other values stay as they are. */
export function withShuffledKeys<Value>(value: Value, random: Random): Value {
  if (Array.isArray(value)) return value.map((item) => withShuffledKeys(item, random)) as Value;
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const members = Object.entries(value)
    .map(([key, member]) => ({ key, member, place: random() }))
    .sort((a, b) => a.place - b.place);
  return Object.fromEntries(
    members.map(({ key, member }) => [key, withShuffledKeys(member, random)]),
  ) as Value;
}

/** Answers after up to eight turns of the microtask queue, each question after its own number of them. */
export function shuffledSource(
  indexes: ReadonlyMap<PackageName, PackageIndex>,
  random: Random,
): PackageSource {
  return {
    async index(name) {
      for (let turns = Math.floor(random() * 8); turns > 0; turns -= 1) await undefined;
      const index = indexes.get(name);
      return index && withShuffledKeys(index, random);
    },
  };
}
