// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { resolveScales } from "./scales.ts";

const adapters = [
  { name: "@demo/upper", path: "/u" },
  { name: "@demo/shout", path: "/s", scale: 0.5 },
  { name: "@demo/rot13", path: "/r", scale: 0 },
];

it("names every adapter, in the order of loading", () => {
  expect(resolveScales(adapters)).toEqual([1, 0.5, 0]);
  expect(resolveScales(adapters, { "@demo/rot13": 2, "@demo/upper": 0 })).toEqual([0, 0.5, 2]);
  expect(resolveScales(adapters, { "@demo/shout": -1 })).toEqual([1, -1, 0]);
  expect(resolveScales([])).toEqual([]);
});

it.each([
  [{ "@demo/lower": 1 }, /no ability "@demo\/lower" is loaded/],
  [{ toString: 1 }, /no ability "toString" is loaded/],
  [{ "@demo/upper": Number.POSITIVE_INFINITY }, /the scale of "@demo\/upper" is Infinity/],
])("refuses %j", (scales, message) => {
  expect(() => resolveScales(adapters, scales as unknown as Record<string, number>)).toThrow(message);
});
