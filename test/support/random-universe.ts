// SPDX-License-Identifier: Apache-2.0
/** Small universes of every kind of trouble, about half of them without a solution. */
import fc from "fast-check";
import {
  createUniverse,
  GEMMA,
  LLAMA,
  on,
  type Project,
  QWEN,
  type Served,
  type Universe,
} from "./universe.ts";

const NAMES = ["@a/p", "@a/q", "@a/r", "@a/s", "@b/t", "@b/u"];
const VERSIONS = ["1.0.0", "1.1.0", "2.0.0-beta.1", "2.0.0", "2.1.0", "3.0.0"];
const DAY = 24 * 3600 * 1000;

const name = fc.constantFrom(...NAMES);
const range = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.constantFrom("*", "^1.0.0", "^2.0.0", ">=1.1.0", "<2.0.0", "1.x || 3.x", ">=2.0.0"),
  },
  { weight: 14, arbitrary: fc.constantFrom("1.0.0", "2.0.0", "^2.0.0-beta.1", "latest", "~2.1.0") },
  { weight: 1, arbitrary: fc.constantFrom("^9.0.0", "beta") },
);
const few = (most: number) => fc.dictionary(name, range, { maxKeys: most, noNullPrototype: true });
/** Once in `outOf` times, else undefined. */
const seldom = <Value>(arbitrary: fc.Arbitrary<Value>, outOf = 8) =>
  fc.oneof({ weight: outOf - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const adapters = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom([on(LLAMA, 8)], [on(LLAMA, 16)], [on(LLAMA, 4), on(LLAMA, 32)]) },
  { weight: 2, arbitrary: fc.constantFrom([on(QWEN, 8)], [on(LLAMA, 64)], [on(QWEN, 8), on(GEMMA, 8)]) },
  { weight: 1, arbitrary: fc.constantFrom([on(LLAMA, 8, 9000), on(LLAMA, 16, 8000), on(QWEN, 4)]) },
  { weight: 1, arbitrary: fc.constantFrom([on(LLAMA, 8, 8000, ["token_embd"]), on(LLAMA, 4)]) },
  { weight: 2, arbitrary: fc.constant([]) },
);

const served: fc.Arbitrary<Served> = fc.record({
  deps: few(3),
  optional: seldom(few(2), 3),
  conflicts: seldom(few(1), 3),
  adapters,
  yanked: seldom(fc.constant("broken"), 8),
  publishedAt: seldom(fc.constant("2026-11-19T12:00:00.000Z"), 5),
  tags: seldom(fc.constant(["beta"])),
  scale: seldom(fc.constant(0.5)),
});

const often = <Value>(arbitrary: fc.Arbitrary<Value>, outOf: number) =>
  fc.oneof({ weight: outOf - 1, arbitrary }, { weight: 1, arbitrary: fc.constant(undefined) });

const versions = fc
  .record(Object.fromEntries(VERSIONS.map((version) => [version, often(served, 6)])))
  .map((all): Record<string, Served> => withoutUndefined(all));

const packages = fc
  .record(Object.fromEntries(NAMES.map((each) => [each, often(versions, 80)])))
  .map((all): Record<string, Record<string, Served>> => withoutUndefined(all));

const project: fc.Arbitrary<Project> = fc.record({
  deps: fc.dictionary(name, range, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  optional: seldom(few(2), 2),
  overrides: seldom(few(1)),
  limits: seldom(
    fc.record({
      maxRank: seldom(fc.constantFrom(8, 16, 32), 2),
      maxAdapters: seldom(fc.constantFrom(1, 2, 3), 2),
      maxRankSum: seldom(fc.constantFrom(12, 24, 48), 2),
      maxBytes: seldom(fc.constantFrom(12_000, 24_000), 2),
    }),
    3,
  ),
  runtime: seldom(fc.record({ name: fc.constant("llama-server"), targets: fc.constant(["attn_q"]) }), 5),
  policy: seldom(
    fc.record({
      minReleaseAge: seldom(fc.constant(3 * DAY), 2),
      scopes: seldom(fc.constant(["@a"]), 2),
    }),
    4,
  ),
  locked: seldom(fc.dictionary(name, fc.constantFrom(...VERSIONS), { maxKeys: 3, noNullPrototype: true }), 3),
});

export interface Case {
  /** By name, then by version. */
  packages: Record<string, Record<string, Served>>;
  project: Project;
}

export const randomCase: fc.Arbitrary<Case> = fc.record({ packages, project });

export function build({ packages: all }: Pick<Case, "packages">): Universe {
  const universe = createUniverse();
  for (const [pkg, versionsOfIt] of Object.entries(all)) {
    for (const [version, one] of Object.entries(versionsOfIt)) universe.serve(pkg, version, one);
  }
  return universe;
}

type Defined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as Defined<Value>;
}
