// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { PackageName } from "../names.ts";
import { stackOrder } from "./stack-order.ts";

/** "a: b c, b: c" */
function order(graph: string): string {
  const names = (text: string) => text.split(" ").filter(Boolean) as PackageName[];
  const edges = graph.split(", ").map((line) => {
    const [name = "", needs = ""] = line.split(":");
    return [name as PackageName, names(needs)] as const;
  });
  return stackOrder(new Map(edges)).join(" ");
}

test.each([
  ["dependencies before dependents", "a: b, b: c, c:", "c b a"],
  ["ties by name", "c:, a:, b:", "a b c"],
  ["what is ready first is not always first by name", "a: z, m:, z:", "m z a"],
  ["a diamond", "top: left right, left: bottom, right: bottom, bottom:", "bottom left right top"],
  ["a circle by name", "c: a, a: b, b: c", "a b c"],
  [
    "a circle behind what it needs and before who needs it",
    "user: y, y: x, x: y base, base:",
    "base x y user",
  ],
  ["two circles of which one needs the other", "a: b c, b: a, c: d, d: c", "c d a b"],
  ["a package that needs itself", "a: a b, b:", "b a"],
  ["nothing", ":", ""],
])("%s", (_, graph, expected) => {
  expect(order(graph)).toBe(expected);
});

test("a chain as deep as a registry likes", () => {
  const depth = 20_000;
  const name = (i: number) => `p${i}` as PackageName;
  const edges = Array.from(
    { length: depth },
    (_, i) => [name(i), i + 1 < depth ? [name(i + 1)] : []] as const,
  );
  expect(stackOrder(new Map(edges))[0]).toBe(name(depth - 1));
});
